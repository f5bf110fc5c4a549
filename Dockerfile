# One image for web and runner; SERVICES says which of them a container keeps. docs/docker.md explains.
FROM node:22-trixie-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git python3 python3-venv python3-pip build-essential \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
# Packages, database client, pages and server; uv, bubblewrap and the compiled launcher go to /opt/flowbook/tools.
RUN FLOWBOOK_DATA=/opt/flowbook npm run setup && rm -rf /opt/flowbook/logs /opt/flowbook/tools/tools.json

FROM node:22-trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git python3 python3-venv python3-pip bubblewrap procps util-linux \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 --shell /usr/sbin/nologin flowbook \
 && mkdir /data && chown flowbook:flowbook /data
COPY --from=build /opt/flowbook /opt/flowbook
COPY --from=build /app /app
# Next writes its cache beside the pages; the rest of the code stays read-only to the server.
RUN mkdir -p /app/.next/cache && chown -R flowbook:flowbook /app/.next/cache
WORKDIR /app
ENV NODE_ENV=production FLOWBOOK_DATA=/data FLOWBOOK_HOST=0.0.0.0 FLOWBOOK_PORT=3000 PATH=/opt/flowbook/tools/uv/bin:$PATH
VOLUME /data
EXPOSE 3000
USER flowbook
ENTRYPOINT ["sh", "docker/entrypoint.sh"]
CMD ["npm", "start"]
