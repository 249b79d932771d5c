package kafka_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"switchboard/internal/endpoint/endpointtest"
	"switchboard/internal/kafka"
	"switchboard/internal/problem"
)

// stranger answers as no Kafka does, and closes.
func stranger(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("HTTP/1.1 400 Naomi\r\n\r\n"))
			_ = c.Close()
		}
	}()
	return l.Addr().String()
}

// Each thing that can be wrong with the way to Kafka is told apart, in a sentence that
// holds nothing of what was set or answered in secret.
func TestConnections(t *testing.T) {
	pair, cert, key := endpointtest.Certificate(t)
	plain := broker(t)
	secured := broker(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}}))
	guarded := broker(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "switchboard", "s3cret-right"), kfake.Superuser("PLAIN", "switchboard", "s3cret-right"))
	mutual := broker(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert}))
	for name, c := range map[string]struct {
		cluster *kfake.Cluster
		change  func(*kafka.Options)
		says    string // empty for a connection
	}{
		"plain":                     {plain, func(*kafka.Options) {}, ""},
		"TLS":                       {secured, func(o *kafka.Options) { o.CA = cert }, ""},
		"a client's certificate":    {mutual, func(o *kafka.Options) { o.CA, o.Cert, o.Key = cert, cert, key }, ""},
		"SCRAM":                     {guarded, user("SCRAM-SHA-256", "s3cret-right"), ""},
		"PLAIN on this machine":     {guarded, user("PLAIN", "s3cret-right"), ""},
		"a stranger's certificate":  {secured, func(o *kafka.Options) { o.TLS = true }, "its authority is unknown; check SWITCHBOARD_KAFKA_TLS_CA"},
		"TLS that is not there":     {plain, func(o *kafka.Options) { o.TLS = true }, "SWITCHBOARD_KAFKA_TLS"},
		"TLS that was not asked":    {secured, func(*kafka.Options) {}, "SWITCHBOARD_KAFKA_TLS"},
		"no client's certificate":   {mutual, func(o *kafka.Options) { o.CA = cert }, "SWITCHBOARD_KAFKA_TLS"},
		"a wrong password":          {guarded, user("SCRAM-SHA-256", "s3cret-wrong"), "the user and the password"},
		"a wrong password in PLAIN": {guarded, user("PLAIN", "s3cret-wrong"), "the user and the password"},
		"another mechanism":         {guarded, user("SCRAM-SHA-512", "s3cret-right"), "SWITCHBOARD_KAFKA_SASL_MECHANISM"},
		"no user":                   {guarded, func(*kafka.Options) {}, "SWITCHBOARD_KAFKA_SASL_MECHANISM"},
		"nobody":                    {plain, at("127.0.0.1:1"), "no Kafka broker can be reached"},
		"no such host":              {plain, at("broker.invalid:9092"), "host is not found"},
		"no Kafka":                  {plain, at(stranger(t)), "connecting to Kafka failed"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(c.cluster)
			c.change(&o)
			client, err := kafka.Open(t.Context(), o)
			if err == nil {
				client.Close()
			}
			if c.says == "" && err != nil || c.says != "" && !says(err, problem.Environment, c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "Naomi")) {
				t.Errorf("a secret is in %v", err)
			}
		})
	}
}

func user(mechanism, password string) func(*kafka.Options) {
	return func(o *kafka.Options) { o.Mechanism, o.User, o.Password = mechanism, "switchboard", password }
}

func at(address string) func(*kafka.Options) {
	return func(o *kafka.Options) { o.Brokers = []string{address} }
}

// Options that cannot work are refused before anything is asked.
func TestOptions(t *testing.T) {
	_, cert, key := endpointtest.Certificate(t)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(other)
	if err != nil {
		t.Fatal(err)
	}
	otherKey := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(otherKey, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	good := kafka.Options{Brokers: []string{"kafka.example.com:9092"}, Topic: "calls", Group: "g"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*kafka.Options)
		says   string
	}{
		"no broker":            {func(o *kafka.Options) { o.Brokers = nil }, "SWITCHBOARD_KAFKA_BROKERS"},
		"a broker's bare host": {at("kafka.example.com"), "broker 1 in SWITCHBOARD_KAFKA_BROKERS"},
		"no topic":             {func(o *kafka.Options) { o.Topic = "" }, "SWITCHBOARD_CALLS_TOPIC"},
		"a topic with blanks":  {func(o *kafka.Options) { o.Topic = "my calls" }, "SWITCHBOARD_CALLS_TOPIC"},
		"no group":             {func(o *kafka.Options) { o.Group = "" }, "SWITCHBOARD_CALLS_GROUP"},
		"half a certificate":   {func(o *kafka.Options) { o.Cert = cert }, "needs both"},
		"another's key":        {func(o *kafka.Options) { o.Cert, o.Key = cert, otherKey }, "are no certificate and its key"},
		"no file":              {func(o *kafka.Options) { o.CA = cert + ".gone" }, "cannot be read from"},
		"a key for a CA":       {func(o *kafka.Options) { o.CA = key }, "has no certificate in PEM form"},
		"no such mechanism":    {user("NTLM", "s3cret"), "is none of PLAIN"},
		"no password":          {user("SCRAM-SHA-256", ""), "a user and a password are needed"},
		"no mechanism":         {user("", "s3cret"), "but no mechanism"},
		"an open password":     {user("PLAIN", "s3cret"), "would send the password for Kafka unencrypted"},
	} {
		o := good
		c.change(&o)
		if err := o.Validate(); !says(err, problem.BadInput, c.says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"SWITCHBOARD_KAFKA_BROKERS": "a:9092, b:9092,", "SWITCHBOARD_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512", "SWITCHBOARD_KAFKA_SASL_USER": "switchboard",
		"SWITCHBOARD_KAFKA_SASL_PASSWORD_FILE": file, "SWITCHBOARD_KAFKA_TLS": "1", "SWITCHBOARD_CALLS_TOPIC": "prod.calls",
	}
	o, err := kafka.Load(func(name string) string { return env[name] })
	if err != nil || len(o.Brokers) != 2 || o.Brokers[1] != "b:9092" || o.Password != "s3cret" || !o.TLS || o.DeadLetterTopic() != "prod.calls.dead-letter" || o.ClassifiedTopic() != "prod.calls.classified" || o.Group != "switchboard-intake" {
		t.Errorf("got %+v, %v", o, err)
	}
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
}

// A missing topic is found missing, and is not made by asking about it.
func TestMissingTopic(t *testing.T) {
	cluster := broker(t)
	o := options(cluster)
	o.Topic = "other"
	c := open(t, o)
	for doing, err := range map[string]error{
		"a read": errorOf(c.Record(t.Context(), "other", 0, 0, "")), "lag": errorOf(c.Lag(t.Context())), "letters": errorOf2(c.DeadLetters(t.Context(), 1)),
		"a write": c.Produce(t.Context(), "other", nil, []byte("x"), nil),
	} {
		if err == nil || !strings.Contains(err.Error(), "the topic is missing; create it") {
			t.Errorf("%s: %v", doing, err)
		}
		if _, isProblem := problem.KindOf(err); isProblem {
			t.Errorf("%s is not tried again: %v", doing, err)
		}
	}
	c = open(t, o) // the first one remembers for a while
	if err := c.EnsureTopics(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if lags, err := c.Lag(t.Context()); err != nil || len(lags) != 3 {
		t.Errorf("%+v, %v", lags, err)
	}
	// A second time changes nothing.
	if err := c.EnsureTopics(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
}

func errorOf[T any](_ T, err error) error { return err }

func errorOf2[T, U any](_ T, _ U, err error) error { return err }

// Where the user may create no topic, the missing one is named.
func TestTopicsThatMustNotBeCreated(t *testing.T) {
	allow := func(resource kmsg.ACLResourceType, name string, operation kmsg.ACLOperation) kfake.ACL {
		return kfake.ACL{Resource: resource, Name: name, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: operation, Allow: true}
	}
	cluster := broker(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "admin", "admin"), kfake.SeedTopics(1, "calls", "calls.dead-letter"),
		kfake.User("PLAIN", "switchboard", "s3cret-right",
			allow(kmsg.ACLResourceTypeTopic, "calls", kmsg.ACLOperationDescribe),
			allow(kmsg.ACLResourceTypeTopic, "calls.dead-letter", kmsg.ACLOperationDescribe),
			allow(kmsg.ACLResourceTypeTopic, "calls.classified", kmsg.ACLOperationDescribe)))
	o := options(cluster)
	user("PLAIN", "s3cret-right")(&o)
	c := open(t, o)
	if err := c.EnsureTopics(t.Context(), 1); !says(err, problem.Environment, "topic calls.classified is missing, and Kafka does not let this user create it") {
		t.Errorf("got %v", err)
	}
	if err := c.Produce(t.Context(), "calls", nil, []byte("x"), nil); err == nil || !strings.Contains(err.Error(), "allows the user no such thing (") {
		t.Errorf("a write without the right: %v", err)
	}
}

// What retention deleted is gone for good; the topic of answers keeps the latest.
func TestRecordsThatAreGone(t *testing.T) {
	cluster := broker(t)
	c := open(t, options(cluster))
	if err := c.EnsureTopics(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	g := join(t, options(cluster))
	defer g.Leave(context.Background())
	produce(t, c, "1")
	r := take(t, g, 1)[0]
	admin, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	deletion := kmsg.NewPtrDeleteRecordsRequest()
	topic, partition := kmsg.NewDeleteRecordsRequestTopic(), kmsg.NewDeleteRecordsRequestTopicPartition()
	partition.Partition, partition.Offset = r.Partition, -1
	topic.Topic, topic.Partitions = "calls", append(topic.Partitions, partition)
	deletion.Topics = append(deletion.Topics, topic)
	if _, err := deletion.RequestWith(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Record(t.Context(), "calls", r.Partition, r.Offset, kafka.SHA256(r.Value)); !says(err, problem.BadInput, "is no longer in Kafka") {
		t.Errorf("got %v", err)
	}
	// A read of another partition than there is is no such thing.
	if _, err := c.Record(t.Context(), "calls", 99, 0, ""); err == nil || !strings.Contains(err.Error(), "the topic is missing") {
		t.Errorf("partition 99: %v", err)
	}
}

// Whatever a broker answers to a read, it is read in the end, or there is a sentence.
func TestHostileReads(t *testing.T) {
	cluster := broker(t)
	c := open(t, options(cluster))
	g := join(t, options(cluster))
	produce(t, c, "1")
	r := take(t, g, 1)[0]
	if err := g.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]func(*kmsg.FetchResponse){
		"not the leader": func(f *kmsg.FetchResponse) { f.ErrorCode = kerr.NotLeaderForPartition.Code },
		"no session":     func(f *kmsg.FetchResponse) { f.ErrorCode = kerr.FetchSessionIDNotFound.Code },
		"nothing":        func(*kmsg.FetchResponse) {},
		"something else": func(f *kmsg.FetchResponse) {
			f.Topics = append(f.Topics, kmsg.NewFetchResponseTopic())
			f.Topics[0].Partitions = append(f.Topics[0].Partitions, kmsg.NewFetchResponseTopicPartition())
			f.Topics[0].Partitions[0].Partition = 77
		},
	} {
		cluster.ControlKey(int16(kmsg.Fetch), func(q kmsg.Request) (kmsg.Response, error, bool) {
			f := q.ResponseKind().(*kmsg.FetchResponse)
			answer(f)
			return f, nil, true
		})
		if value, err := c.Record(t.Context(), r.Topic, r.Partition, r.Offset, kafka.SHA256(r.Value)); err != nil || string(value) != "1" {
			t.Errorf("%s: %q, %v", name, value, err)
		}
	}
	cluster.ControlKey(int16(kmsg.Fetch), func(q kmsg.Request) (kmsg.Response, error, bool) {
		f := q.ResponseKind().(*kmsg.FetchResponse)
		f.ErrorCode = kerr.TopicAuthorizationFailed.Code
		return f, nil, true
	})
	_, err := c.Record(t.Context(), r.Topic, r.Partition, r.Offset, kafka.SHA256(r.Value))
	if _, isProblem := problem.KindOf(err); err == nil || isProblem || !strings.Contains(err.Error(), "give that user the rights") {
		t.Errorf("without the right: %v", err)
	}
	// Who gives up is told so, and not of Kafka.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		cancel()
		return nil, nil, false
	})
	if _, err := c.Record(ctx, r.Topic, r.Partition, r.Offset, kafka.SHA256([]byte("2"))); err != nil && !errors.Is(err, context.Canceled) && !says(err, problem.BadInput, "another") {
		t.Errorf("given up: %v", err)
	}
}

// An event too large for the topic of dead letters is told of without its bytes.
func TestDeadLetterThatIsTooLarge(t *testing.T) {
	cluster := broker(t, kfake.SeedTopics(1, "calls.dead-letter"))
	c := open(t, options(cluster))
	large := kafka.Record{Topic: "calls", Partition: 1, Offset: 42, Key: []byte("k"), Value: make([]byte, 3<<20), Time: time.Now()}
	if err := c.DeadLetter(t.Context(), large, "too-large"); err != nil {
		t.Fatal(err)
	}
	letters, _, err := c.DeadLetters(t.Context(), 5)
	if err != nil || len(letters) != 1 || letters[0].Size != 3<<20 || letters[0].Offset != 42 || letters[0].Partition != 1 {
		t.Fatalf("%+v, %v", letters, err)
	}
	if done, err := c.Replay(t.Context(), kafka.Which{}); err != nil || done != (kafka.Replayed{Gone: 1}) {
		t.Errorf("%+v, %v", done, err)
	}
	if err := c.Produce(t.Context(), "calls", nil, make([]byte, 3<<20), nil); !says(err, problem.BadInput, "is larger than topic calls takes") {
		t.Errorf("a large record: %v", err)
	}
}

// What somebody else wrote among the dead letters is not shown as a reason.
func TestStrangeDeadLetters(t *testing.T) {
	cluster := broker(t)
	c := open(t, options(cluster))
	if err := c.EnsureTopics(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := c.Produce(t.Context(), "calls.dead-letter", nil, []byte("x"), []kafka.Header{{Name: "switchboard.reason", Value: []byte("Naomi said so")}, {Name: "switchboard.offset", Value: []byte("Naomi")}}); err != nil {
		t.Fatal(err)
	}
	letters, _, err := c.DeadLetters(t.Context(), 5)
	if err != nil || len(letters) != 1 || letters[0].Reason != "unknown" {
		t.Errorf("%+v, %v", letters, err)
	}
}
