# A small image of the service, which runs as an unprivileged user.
#
#     docker build --tag tenantry .

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
# The image has a C compiler; the cryptography library requires cmake.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends cmake g++ make \
    && rm -rf /var/lib/apt/lists/*
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package tenantry \
    && cp target/release/tenantry /usr/local/bin/tenantry

FROM debian:bookworm-slim
# The certificate authorities for TLS to object stores and databases.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home tenantry \
    && install --directory --owner tenantry --mode 0700 /data
COPY --from=build /usr/local/bin/tenantry /usr/local/bin/tenantry
WORKDIR /app
COPY config/default.toml config/default.toml
COPY config/profiles config/profiles
ENV TENANTRY_PROFILE=production \
    TENANTRY_APP__DATA=/data \
    TENANTRY_HTTP__HOST=0.0.0.0
USER 10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["tenantry", "health"]
ENTRYPOINT ["tenantry"]
CMD ["serve"]
