# One image for vela-core (the default) and vela; the build needs no network but the package registry.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
COPY cue/package.json ./cue/
COPY devcluster/package.json ./devcluster/
COPY machinery/package.json ./machinery/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY cmd ./cmd
COPY pkg ./pkg
COPY cue/src ./cue/src
COPY devcluster/src ./devcluster/src
COPY machinery/src ./machinery/src
# the embedded cluster and its dependencies are for development
RUN npm run build && rm -r dist/devcluster && \
  npm ci --omit=dev --ignore-scripts --no-audit --no-fund --include-workspace-root --workspace=cue --workspace=machinery && \
  find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' \) -delete

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
COPY package.json ./
COPY cue/package.json ./cue/
COPY machinery/package.json ./machinery/
COPY bin ./bin
COPY templates ./templates
COPY addons ./addons
ENV PATH=/app/bin:$PATH
USER 65532:65532
ENTRYPOINT ["vela-core"]
