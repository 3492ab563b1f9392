# The image of the agent: `docker build -t why137:0.1.0 .` (or podman, buildah), on amd64 and arm64 alike.
# What is in it, how small it is, and how the build is made repeatable: docs/image.md.

# Node.js 24 on Debian 13, whose journalctl (systemd 257) reads every journal format there is; the digest is that of all
# architectures together. With SOURCE_DATE_EPOCH set two builds with the same packages of Debian give the same image.
ARG NODE_IMAGE=node:24.21.0-trixie-slim@sha256:8ec5d7557396cfe32d21c3f9c13072355ceab22b584578ca4bb28af31120cffe

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY proto proto
COPY scripts scripts
COPY src src
RUN npm run build

FROM ${NODE_IMAGE} AS files
# Nothing but journalctl is wanted of systemd; a base that has it already needs no network.
RUN command -v journalctl >/dev/null || { apt-get update && apt-get install -y --no-install-recommends systemd; }
COPY image/collect.sh /collect.sh
RUN sh /collect.sh /out

FROM scratch
COPY --from=files /out/ /
COPY --from=build /src/dist/why137.cjs /src/dist/THIRD-PARTY-LICENSES.txt /app/
COPY LICENSE /app/
ENV PATH=/usr/bin NODE_ENV=production
# Nobody's user: reads what everybody may. daemonset.yaml says which user a node's logs and socket ask for, and why.
USER 65532:65532
EXPOSE 9137
ENTRYPOINT ["/usr/bin/node", "--max-semi-space-size=1", "/app/why137.cjs"]
CMD ["agent"]
