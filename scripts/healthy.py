"""`healthy.py URL [PART]`: exit code 0 when URL answers, and its JSON calls PART healthy.

web://… is Airflow's web server: https, trusted by ca.pem in TLS_DIR, where WEB_TLS is on, else http.

Every service of the image is asked with it every few seconds: nothing but the standard library, to start in a tenth of a second.
"""

import json
import os
import ssl
import sys
import urllib.request

url, *part = sys.argv[1:]
is_encrypted = os.environ.get("WEB_TLS", "").lower() in {"1", "true", "yes", "on", "y", "t"}  # as pydantic reads it
url = url.replace("web:", "https:" if is_encrypted else "http:", 1) if url.startswith("web:") else url
trusted = ssl.create_default_context(cafile=f"{os.environ['TLS_DIR']}/ca.pem") if url.startswith("https:") else None
handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted))
with urllib.request.build_opener(*handlers).open(url, timeout=5) as reply:
    status = json.load(reply)[part[0]]["status"] if part else "healthy"
if status != "healthy":
    sys.exit(f"{url}: {part[0]} is {status}")
