# After `make publish`: docker build -f images/hub.Dockerfile -t fleet-hub:0.1.0 artifacts/fleet-hub
# The hub needs git (its mirrors) and libsqlite3.
FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends git openssh-client ca-certificates libsqlite3-0 && rm -rf /var/lib/apt/lists/*
COPY fleet-hub /usr/local/bin/fleet-hub
RUN useradd --uid 65532 --no-create-home fleet && install -d -o fleet -g fleet -m 700 /var/lib/fleet
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/fleet-hub", "--data", "/var/lib/fleet"]
