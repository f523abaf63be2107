# After `make publish`: docker build -f images/agent.Dockerfile -t fleet-agent:0.1.0 artifacts/fleet-agent
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
COPY fleet-agent /usr/local/bin/fleet-agent
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/fleet-agent"]
