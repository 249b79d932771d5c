package embedded

import (
	"os"

	"github.com/twmb/franz-go/pkg/kfake"

	"switchboard/internal/problem"
)

// BrokerOptions are the settings of a [Broker].
type BrokerOptions struct {
	// Dir is the folder that keeps the records, made for its owner alone. It is
	// required.
	Dir string
	// Port is where the broker listens; 0 takes a free one. PortSetting is the
	// flag that chooses it, for messages.
	Port        int
	PortSetting string
	// Partitions is how many a new topic has.
	Partitions int
}

// Broker speaks Kafka's protocol on this machine alone. It is one process without
// replicas; what it has answered for is on the disk and outlives a restart.
type Broker struct{ cluster *kfake.Cluster }

// StartBroker starts a broker. What stands in the way is a problem.
func StartBroker(o BrokerOptions) (*Broker, error) {
	if err := CheckPort("Kafka", o.Port, o.PortSetting); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, problem.New(problem.Environment, "the folder %s for Kafka's records cannot be used: %w", o.Dir, err)
	}
	options := []kfake.Opt{
		kfake.NumBrokers(1), kfake.ClusterID("switchboard"), kfake.DefaultNumPartitions(o.Partitions),
		kfake.DataDir(o.Dir), kfake.SyncWrites(),
	}
	if o.Port != 0 {
		options = append(options, kfake.Ports(o.Port))
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		return nil, problem.New(problem.Environment, "the records of Kafka in %s cannot be used: %w", o.Dir, err)
	}
	return &Broker{cluster}, nil
}

// Address is the host and port to connect to.
func (b *Broker) Address() string { return b.cluster.ListenAddrs()[0] }

// Stop ends the broker. Its records stay.
func (b *Broker) Stop() { b.cluster.Close() }
