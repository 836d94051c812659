"""What is installed from elsewhere: pinned by sum, listed, and held against known vulnerabilities."""
