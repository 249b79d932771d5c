package kafka

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/internal/problem"
)

const (
	// openTimeout is for the first answer of a broker.
	openTimeout = 15 * time.Second
	// requestTimeout is for one request, with what is repeated of it.
	requestTimeout = 30 * time.Second
	// maxDeadLetter is what a record of a dead letter may hold at most. Events
	// can be that long only where somebody raised the limits of the brokers.
	maxDeadLetter = 16 << 20
)

// Client reads and writes single records of the topics of calls, and looks after
// these topics. It is safe for concurrent use.
type Client struct {
	options Options
	// client writes calls and answers, and asks everything else. large writes
	// dead letters, which may be longer than what a default broker takes: put
	// into one batch with others they would keep these from being taken.
	client, large *kgo.Client
	admin         *kadm.Client

	mu     sync.Mutex
	places map[string]place // of topics, see Record
}

// Open connects to Kafka, and waits for the first answer of a broker, for at most 15
// seconds. What stands in the way is a problem: of kind BadInput for options that
// cannot be used, else of kind Environment.
func Open(ctx context.Context, o Options) (*Client, error) {
	opts, err := o.client()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, problem.Input("the settings for Kafka cannot be used together: %w", err)
	}
	if err := ping(ctx, client); err != nil {
		client.Close()
		return nil, err
	}
	large, err := kgo.NewClient(append(opts, kgo.ProducerBatchMaxBytes(maxDeadLetter+1<<20), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		client.Close()
		return nil, problem.Input("the settings for Kafka cannot be used together: %w", err)
	}
	return &Client{options: o, client: client, large: large, admin: kadm.NewClient(client), places: map[string]place{}}, nil
}

// ping waits for the answer of a broker.
func ping(ctx context.Context, client *kgo.Client) error {
	limited, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	err := faultOf(ctx, "connecting to Kafka", client.Ping(limited))
	if err == nil || ctx.Err() != nil {
		return err
	}
	return problem.New(problem.Environment, "%w", err)
}

// Options returns what the client was opened with.
func (c *Client) Options() Options { return c.options }

// Ping asks whether a broker answers.
func (c *Client) Ping(ctx context.Context) error {
	return faultOf(ctx, "asking Kafka whether it is there", c.client.Ping(ctx))
}

// Close waits for nothing: whoever writes has been answered by then.
func (c *Client) Close() {
	c.client.Close()
	c.large.Close()
}
