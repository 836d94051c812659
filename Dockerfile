# Airflow with barograph, Java 17 and Spark with its jars: one image for every Airflow process, Spark's master and workers.
# The base is Debian 12 with Python 3.11 or 3.12.
ARG BASE_IMAGE=python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d

FROM ${BASE_IMAGE} AS base
SHELL ["/bin/sh", "-eu", "-c"]
# hadolint ignore=DL3008
RUN apt-get update; \
    apt-get install -y --no-install-recommends openjdk-17-jre-headless procps tini; \
    rm -rf /var/lib/apt/lists/*
WORKDIR /opt/barograph

FROM base AS build
# hadolint ignore=DL3008
RUN apt-get update; \
    apt-get install -y --no-install-recommends maven; \
    rm -rf /var/lib/apt/lists/*
COPY stack/pom.xml stack/jars.sha256 stack/
# The last line shows any jar that is missing, not pinned, or has another sum, and fails.
RUN mvn -q -B -C -f stack/pom.xml -P spark dependency:copy-dependencies -DoutputDirectory=/opt/barograph/jars/spark -DincludeScope=runtime; \
    sed -nE 's|^([0-9a-f]+  )spark/([^ ]+) .*|\1jars/spark/\2|p' stack/jars.sha256 >/tmp/pinned; \
    sha256sum jars/spark/* >/tmp/found; \
    diff /tmp/pinned /tmp/found
COPY startup.sh requirements-install.txt requirements.txt pyproject.toml ./
# The package itself is found in src, which comes later: what changes often does not install everything anew.
RUN mkdir -p src/barograph; \
    touch src/barograph/__init__.py; \
    UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1 sh startup.sh install

FROM build AS compiled
# Roots are read-only: what is not compiled here would be compiled at every start.
RUN .venv/bin/python -m compileall -q -j 0 .venv >/dev/null || true

FROM base
COPY --from=compiled /opt/barograph /opt/barograph
COPY .env.example ./
COPY scripts scripts
COPY stack stack
COPY jobs jobs
COPY plugins plugins
COPY dags dags
COPY src src
# Any user of group 0 may write here (AIRFLOW_UID), nobody elsewhere; volumes begin as copies of these folders.
RUN .venv/bin/python -m compileall -q src stack dags scripts; \
    useradd --uid 50000 --gid 0 --home-dir /var/lib/barograph --no-create-home airflow; \
    for folder in /var/lib/barograph /etc/barograph /run/barograph /run/barograph/secrets /run/barograph/database /run/barograph/authorities \
        /run/barograph/spark /etc/barograph/kafka /etc/barograph/cassandra; do \
        install -d -o airflow -g 0 -m 0775 "$folder"; \
    done; \
    chmod 0770 /run/barograph/secrets
ENV PATH=/opt/barograph/.venv/bin:$PATH \
    HOME=/var/lib/barograph \
    PYTHONDONTWRITEBYTECODE=1 \
    STATE_DIR=/var/lib/barograph \
    JARS_DIR=/opt/barograph/jars \
    TZ=UTC \
    ENV_FILE=/run/barograph/secrets/env \
    LOGINS_DIR=/run/barograph/secrets/logins \
    TLS_DIR=/run/barograph/secrets/tls
RUN python -m stack.class_archive
USER 50000:0
ENTRYPOINT ["tini", "--", "scripts/entrypoint.sh"]
