# One image for vela-core (the default) and vela; the build needs no network but the package registry.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
COPY cue/package.json ./cue/package.json
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY cmd ./cmd
COPY pkg ./pkg
COPY cue/src ./cue/src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
COPY package.json ./
COPY bin ./bin
COPY templates ./templates
COPY addons ./addons
COPY pkg/devcluster/kubernetes-1.36 ./pkg/devcluster/kubernetes-1.36
ENV PATH=/app/bin:$PATH
USER 65532:65532
ENTRYPOINT ["vela-core"]
