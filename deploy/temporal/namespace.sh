#!/bin/sh
# Waits for the Temporal server, then makes the namespace and its search
# attributes. Doing it again changes nothing. The server and the namespace come
# from Temporal's own variables: TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.
set -eu

# eventually repeats a command until it succeeds, for a minute at most.
eventually() {
	for _ in $(seq 30); do
		if "$@"; then
			return
		fi
		sleep 2
	done
	echo "gave up: $*" >&2
	return 1
}

namespace() {
	temporal operator namespace describe --output none ||
		temporal operator namespace create --retention 720h
}

# A new namespace is not known to every part of the server at once, so this may
# fail for some seconds. Attributes that exist already stay as they are.
attributes() {
	temporal operator search-attribute create \
		--name SwitchboardTask --type Keyword \
		--name SwitchboardDataset --type Keyword \
		--name SwitchboardModel --type Keyword \
		--name SwitchboardStage --type Keyword \
		--name SwitchboardDecision --type Keyword
}

eventually temporal operator cluster health
eventually namespace
eventually attributes
# Every part of the server looks for changed namespaces every two seconds. A
# workflow that uses an attribute before one of them has seen it loses time.
sleep 5
