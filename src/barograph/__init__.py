"""barograph: every hour and day of every location asked for, exactly as its source last said it."""
