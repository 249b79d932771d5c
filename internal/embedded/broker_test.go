package embedded_test

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"switchboard/internal/embedded"
	"switchboard/internal/problem"
)

// What a broker has taken outlives it, and nobody else can read its folder.
func TestBrokerKeepsItsRecords(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kafka")
	start := func() (*embedded.Broker, *kgo.Client) {
		t.Helper()
		b, err := embedded.StartBroker(embedded.BrokerOptions{Dir: dir, Partitions: 2})
		if err != nil {
			t.Fatal(err)
		}
		c, err := kgo.NewClient(kgo.SeedBrokers(b.Address()), kgo.ConsumeTopics("calls"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		if err != nil {
			t.Fatal(err)
		}
		return b, c
	}
	b, c := start()
	if host, _, err := net.SplitHostPort(b.Address()); err != nil || host != "127.0.0.1" {
		t.Errorf("it listens on %s", b.Address())
	}
	if _, err := kadm.NewClient(c).CreateTopic(t.Context(), -1, -1, nil, "calls"); err != nil {
		t.Fatal(err)
	}
	if err := c.ProduceSync(t.Context(), &kgo.Record{Topic: "calls", Value: []byte("one")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	c.Close()
	b.Stop()
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v, %v", info.Mode(), err)
	}
	b, c = start()
	defer b.Stop()
	defer c.Close()
	fetched := c.PollFetches(t.Context())
	if records := fetched.Records(); len(records) != 1 || string(records[0].Value) != "one" {
		t.Errorf("after a restart there are %d records, %v", len(records), fetched.Err())
	}
}

func TestBrokerNeedsAFreePort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	n, _ := strconv.Atoi(port)
	_, err = embedded.StartBroker(embedded.BrokerOptions{Dir: t.TempDir(), Port: n, PortSetting: "--kafka-port", Partitions: 1})
	if kind, _ := problem.KindOf(err); kind != problem.Environment {
		t.Errorf("got %v", err)
	}
}
