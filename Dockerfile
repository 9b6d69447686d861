# The base of both stages, from AWS's mirror of the official images. deploy/pull gives it by the digest of deploy/pins.
ARG BASE=public.ecr.aws/docker/library/python:3.13-slim-trixie

# checkov:skip=CKV_DOCKER_7:the tag stands in the argument, which checkov does not look into
FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# Behind a proxy with a certificate of its own, npm has to be told where that is.
ARG NODE_EXTRA_CA_CERTS
WORKDIR /build

# What the service stands on: exactly what was locked, as wheels, and without pip, which nothing needs any more then.
COPY deploy/requirements.txt ./
RUN python3 -m venv /opt/service \
 && /opt/service/bin/pip install --no-compile --no-deps --only-binary :all: --require-hashes -r requirements.txt \
 && /opt/service/bin/pip uninstall --yes pip setuptools \
 # Of Swagger UI, the two files that /docs loads; what else comes with it is four fifths of its 25 MB.
 && find /opt/service/lib/python3.*/site-packages/swagger_ui/static -type f \
      ! -name swagger-ui.css ! -name swagger-ui-bundle.js -delete

# The one file that the pages load in the browser, got by npm, which stays behind in this stage.
COPY deploy/build-requirements.txt ./
RUN python3 -m venv /opt/node \
 && /opt/node/bin/pip install --no-compile --no-deps --only-binary :all: --require-hashes -r build-requirements.txt
COPY service/pages/package.json service/pages/package-lock.json service/pages/.npmrc ./pages/
RUN cd pages && PATH="/opt/node/bin:$PATH" npm ci --omit=dev

COPY service /app/service
RUN library=node_modules/@auth0/auth0-spa-js \
 && mkdir -p "/app/service/pages/$library/dist" \
 && cp "pages/$library/dist/auth0-spa-js.production.esm.js" "/app/service/pages/$library/dist/" \
 && cp "pages/$library/LICENSE" "/app/service/pages/$library/" \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/service /app

FROM ${BASE}
ARG VERSION=0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="auth0-quart-service" \
      org.opencontainers.image.description="An async API behind Auth0: Quart on Hypercorn." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/service /opt/service
COPY --from=build /app /app
# Nothing is written at run time: bytecode is there already, logs go to standard error.
ENV PATH="/opt/service/bin:$PATH" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /app
# A number, so that Kubernetes can see that it is not root; nobody by that number is known in the image.
USER 10001:10001
EXPOSE 8100 9100
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('PORT') or 8100), timeout=2); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["python", "-m", "service"]
CMD ["serve"]
