# One image for the server and the worker. Everything in it is pinned by requirements.lock.
#
#   docker build -t ticker .
#   docker run -p 127.0.0.1:8000:8000 -v ticker:/data ticker     all in one: the same as ./scripts/up
#   docker compose up                                            as separate services, with a proxy

# Two lines name one base image. A release pins it: python -m scripts.images --write

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/ticker
WORKDIR /build
COPY requirements.lock ./
RUN /opt/ticker/bin/pip install --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY ticker ticker
COPY workers workers
RUN /opt/ticker/bin/pip install --no-deps --no-build-isolation . \
    # What only builds has no place in what runs.
    && /opt/ticker/bin/pip uninstall --yes --quiet hatchling editables pip

FROM python:3.13-slim
# A fixed number, so that the owner of a volume is the same in every build of the image.
RUN groupadd --system --gid 10001 ticker \
    && useradd --system --uid 10001 --gid ticker --home-dir /data --shell /usr/sbin/nologin ticker \
    # /secrets is where `ticker acl --write` of docker-compose.yml writes, /archive where its archive is,
    # /media where its pictures are; a new volume takes their owner.
    && install -d -m 0700 -o ticker -g ticker /data /secrets /archive /media
COPY --from=build /opt/ticker /opt/ticker
# TICKER_HOST: a container's loopback is nobody else's; what is published is decided outside.
ENV PATH=/opt/ticker/bin:$PATH PYTHONUNBUFFERED=1 TICKER_HOST=0.0.0.0 TICKER_DATA=/data
USER ticker
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Alive, not ready: a restart does not help a server whose Redis is away. /readyz says who is silent.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --start-interval=1s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["ticker", "up"]
