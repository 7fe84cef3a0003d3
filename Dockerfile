# One image for all six services; docker-compose.yml says which of them a container runs.
FROM swift:6.3-bookworm AS build
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libhiredis-dev libssl-dev libcurl4-openssl-dev libcrypt-dev zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
RUN swift package resolve
COPY . .
RUN swift build -c release --quiet
# The services and what they load of Swift's runtime, once, in one folder: they look for it beside themselves.
RUN mkdir /out && cd .build/release \
 && cp users incidents comms csp-ingestor flags frontend /out/ \
 && ldd /out/* | awk '$3 ~ "/swift/" { print $3 }' | sort -u | xargs cp -t /out/ \
 && strip /out/*

FROM debian:bookworm-slim
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libhiredis0.14 libssl3 libcurl4 libcrypt1 zlib1g libstdc++6 ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --home-dir /var/lib/polystatus --no-create-home --shell /usr/sbin/nologin polystatus \
 && install -d -o polystatus -g polystatus -m 700 /var/lib/polystatus
COPY --from=build /out/ /usr/local/lib/polystatus/
ARG COMMIT=unknown
ENV PATH=/usr/local/lib/polystatus:$PATH POLYSTATUS_HOME=/var/lib/polystatus POLYSTATUS_COMMIT=$COMMIT
USER polystatus
# Process 1 is the service, whichever it is; with --health the same binary asks it for /ready.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 CMD ["/proc/1/exe", "--health"]
CMD ["frontend"]
