# The catalogue as an image:  docker build -t book-catalogue . && docker run -p 8000:8000 -v books:/data book-catalogue
# Everything it keeps is in /data. It runs as user 10001, and needs no other file that it can write.

FROM python:3.13-slim AS build
WORKDIR /source
RUN python -m venv /app
# The requirements by themselves: they are a layer that stays while only our own code changes.
COPY requirements.txt ./
RUN /app/bin/pip install --no-cache-dir --requirement requirements.txt
COPY pyproject.toml README.md LICENSE gunicorn.conf.py ./
COPY books ./books
COPY django41_example ./django41_example
COPY templates ./templates
RUN /app/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN install --directory --owner=10001 --group=10001 --mode=700 /data
COPY --from=build /app /app
# LISTEN: inside a container, only all addresses can be reached from outside of it.
ENV PATH=/app/bin:$PATH VAR_DIR=/data LISTEN=0.0.0.0 PORT=8000 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
# Any answer but a 5xx: in production this request, without TLS and the catalogue's name, is refused by a 301 or a 400.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "\
from http.client import HTTPConnection as Connection; from os import environ; \
connection = Connection('127.0.0.1', int(environ['PORT']), timeout=4); \
connection.request('GET', '/health_check/live/'); \
raise SystemExit(connection.getresponse().status >= 500)"]
ENTRYPOINT ["book-catalogue"]
CMD ["serve"]
