package embedded

import (
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/primitives"
)

// dynamic holds the settings in which one process on a few cores differs from
// a cluster. Everything about workflows themselves (the size of histories and
// payloads, updates, update-with-start, versioning) stays at Temporal's
// defaults, so that what runs here runs there.
var dynamic = dynamicconfig.StaticClient{
	// Partitions spread a task queue over many hosts. Here there is one,
	// and each further partition would only keep pollers and tasks apart.
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
	// Each queue of a shard is read at most 20 times a second by default,
	// which is plenty over hundreds of shards. With one, every step of
	// every workflow would wait up to 50 ms for the next read. But each read
	// goes over all tasks that are under way, so that more would cost more
	// than it gains.
	dynamicconfig.TransferProcessorMaxPollRPS.Key():   250,
	dynamicconfig.TimerProcessorMaxPollRPS.Key():      250,
	dynamicconfig.VisibilityProcessorMaxPollRPS.Key(): 250,
	dynamicconfig.OutboundProcessorMaxPollRPS.Key():   250,
	// The default of 128,000 workflows in memory is for hosts with far more
	// of it.
	dynamicconfig.HistoryCacheHostLevelMaxSize.Key(): 2048,
	// The Web UI alone can ask for more lists a second than the default of
	// 10 that protects a shared database.
	dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 100,
}

// configuration describes a cluster of one host: every service on 127.0.0.1 at
// its port, one shard, one database. No port is opened for metrics or
// profiles, none for the frontend's HTTP API.
func configuration(db *config.SQL, ports map[primitives.ServiceName]int) *config.Config {
	services := map[string]config.Service{}
	for name, port := range ports {
		services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: host}}
	}
	frontend := address(ports[primitives.FrontendService])
	const database = "sqlite"
	return &config.Config{
		Global: config.Global{
			Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: host},
		},
		Persistence: config.Persistence{
			DefaultStore:    database,
			VisibilityStore: database,
			// A shard is a unit of work on one of many hosts. Their
			// number is written in the data file and can never change.
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{database: {SQL: db}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		PublicClient:        config.PublicClient{HostPort: frontend},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchival{State: config.ArchivalDisabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{
			Archival: config.ArchivalNamespaceDefaults{
				History:    config.HistoryArchivalNamespaceDefaults{State: config.ArchivalDisabled},
				Visibility: config.VisibilityArchivalNamespaceDefaults{State: config.ArchivalDisabled},
			},
		},
	}
}
