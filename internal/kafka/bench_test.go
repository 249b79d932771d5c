package kafka_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"switchboard/internal/kafka"
)

// BenchmarkRecord is what reading an event of 4 KB again costs.
func BenchmarkRecord(b *testing.B) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "calls"))
	if err != nil {
		b.Fatal(err)
	}
	defer cluster.Close()
	c, err := kafka.Open(b.Context(), options(cluster))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	var values []string
	for i := range 200 {
		values = append(values, fmt.Sprintf("%04d", i)+strings.Repeat("a", 4092))
		if err := c.Produce(b.Context(), "calls", nil, []byte(values[i]), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			at := i % len(values)
			if _, err := c.Record(b.Context(), "calls", 0, int64(at), kafka.SHA256([]byte(values[at]))); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
