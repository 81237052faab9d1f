# Dateline as an image: the service, and the `reindex` command beside it. README.md shows both.
#
# There are no articles in the image, and starting it makes no index: sample articles would have to be cleared out
# of every real one. Until the first `reindex` the pages answer 503 and say what to do.

FROM python:3.13-slim AS builder
WORKDIR /source
COPY constraints.txt LICENSE README.md pyproject.toml setup.cfg ./
COPY index/ index/
COPY service/ service/
# The environment is made without pip and filled from outside, so that the image holds no installer. The variables
# hold for the project's own build, too: the first in older versions of pip, the second in newer ones.
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /opt/dateline && \
    PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
    pip --python /opt/dateline/bin/python install --quiet --compile .
# The kernels are compiled here, once, and not when the first container starts, and the detector's model is unpacked.
# numba knows kernels again by their path: with -P they are those that were installed, not those of this folder.
RUN NUMBA_CACHE_DIR=/opt/dateline/kernels /opt/dateline/bin/python -P -m index.codec.warm && \
    /opt/dateline/bin/python -P -c 'from index.language import detect_language; detect_language("Die Katze.")'

FROM python:3.13-slim
# The number is fixed, because files on a mounted volume belong to numbers; it is one that hosts do not give out.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin dateline && \
    install --directory --owner=dateline --group=dateline /data/index
COPY --from=builder /opt/dateline /opt/dateline
COPY service/gunicorn.conf.py /opt/dateline/gunicorn.conf.py
COPY scripts/container /opt/dateline/container.sh

# Nothing is written outside of /data/index, so that `docker run --read-only` works: the modules are compiled
# already, and gunicorn's own files, the compiled kernels and the figures that processes share are in /dev/shm.
ENV PATH=/opt/dateline/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/dev/shm/dateline-kernels \
    TMPDIR=/dev/shm \
    DATELINE_HOST=0.0.0.0 \
    DATELINE_PORT=8000 \
    DATELINE_INDEX=/data/index \
    DATELINE_SEEDS=/data/articles

USER 10001:10001
WORKDIR /data
VOLUME /data/index
EXPOSE 8000

# The image has no curl. http.client, unlike urllib, does not send a request to oneself through a proxy.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['DATELINE_PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]

ENTRYPOINT ["/opt/dateline/container.sh"]
# No shell stays in between: gunicorn itself gets the SIGTERM of `docker stop`, and finishes its answers.
CMD ["gunicorn", "--config", "/opt/dateline/gunicorn.conf.py", "service:create_app()"]
