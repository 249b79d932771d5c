package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"switchboard/internal/config"
	"switchboard/internal/problem"
)

// Options says which Kafka to speak to, as whom, and about what. Brokers, Topic and
// Group are required.
type Options struct {
	// Brokers are hosts with ports. One of them that answers is enough.
	Brokers []string
	// TLS encrypts with the authorities that this machine trusts. CA, a PEM
	// file, names others. Cert and Key, PEM files too, are shown to the brokers.
	// Each of them turns TLS on.
	TLS           bool
	CA, Cert, Key string
	// Mechanism is PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, and empty where the
	// brokers want to know no user.
	Mechanism      string
	User, Password string
	// Topic is the one that calls come from; see [Options.DeadLetterTopic] and
	// [Options.ClassifiedTopic] for the others.
	Topic string
	// Group is the consumer group of everybody who takes calls in.
	Group string
}

// Load reads the options with getenv (such as os.Getenv). No brokers are no error
// here: [Options.Validate] says so where Kafka is needed. A file that cannot be read
// is a problem of kind BadInput.
func Load(getenv func(string) string) (Options, error) {
	o := Options{
		TLS:       config.Get(getenv, config.KafkaTLS) == "1",
		CA:        config.Get(getenv, config.KafkaTLSCA),
		Cert:      config.Get(getenv, config.KafkaTLSCert),
		Key:       config.Get(getenv, config.KafkaTLSKey),
		Mechanism: config.Get(getenv, config.KafkaSASLMechanism),
		User:      config.Get(getenv, config.KafkaSASLUser),
		Topic:     config.Get(getenv, config.CallsTopic),
		Group:     config.Get(getenv, config.CallsGroup),
	}
	for broker := range strings.SplitSeq(config.Get(getenv, config.KafkaBrokers), ",") {
		if broker = strings.TrimSpace(broker); broker != "" {
			o.Brokers = append(o.Brokers, broker)
		}
	}
	var err error
	o.Password, err = config.KafkaPassword(getenv)
	return o, err
}

// DeadLetterTopic keeps the events that nobody could use.
func (o Options) DeadLetterTopic() string { return o.Topic + ".dead-letter" }

// ClassifiedTopic tells what was found out about each call.
func (o Options) ClassifiedTopic() string { return o.Topic + ".classified" }

// validTopic is what Kafka allows, less room for what the other topics have after it.
var validTopic = regexp.MustCompile(`^[A-Za-z0-9._-]{1,200}$`)

// Validate reports the first option that cannot work, as a problem of kind BadInput.
// It reads the files. [Open] calls it.
func (o Options) Validate() error {
	_, err := o.client()
	return err
}

func (o Options) check() error {
	if len(o.Brokers) == 0 {
		return problem.Input("no Kafka broker is set; give hosts and ports, separated by commas, in %s", config.KafkaBrokers)
	}
	for i, broker := range o.Brokers {
		if host, port, err := net.SplitHostPort(broker); err != nil || host == "" || port == "" {
			return problem.Input("broker %d in %s is no host with a port such as kafka.example.com:9092", i+1, config.KafkaBrokers)
		}
	}
	switch {
	case !validTopic.MatchString(o.Topic):
		return problem.Input("%s is no name of a topic; give up to 200 letters, digits, dots, hyphens and underscores", config.CallsTopic)
	case o.Group == "":
		return problem.Input("no consumer group is set; give one in %s", config.CallsGroup)
	case (o.Cert == "") != (o.Key == ""):
		return problem.Input("TLS with a certificate of one's own needs both %s and %s: give the other one too, or none", config.KafkaTLSCert, config.KafkaTLSKey)
	}
	return o.checkUser()
}

func (o Options) checkUser() error {
	switch o.Mechanism {
	case "":
		if o.User != "" || o.Password != "" {
			return problem.Input("there is a user or a password for Kafka, but no mechanism; set %s to PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", config.KafkaSASLMechanism)
		}
		return nil
	case "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
	default:
		return problem.Input("%s is none of PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512", config.KafkaSASLMechanism)
	}
	if o.User == "" || o.Password == "" {
		return problem.Input("%s is set, so that a user and a password are needed; set %s, and %s or %s", config.KafkaSASLMechanism, config.KafkaSASLUser, config.KafkaSASLPassword, config.KafkaSASLPasswordFile)
	}
	if o.Mechanism == "PLAIN" && !o.encrypted() && !o.local() {
		return problem.Input("PLAIN would send the password for Kafka unencrypted; turn TLS on with %s=1, or use SCRAM-SHA-512", config.KafkaTLS)
	}
	return nil
}

func (o Options) encrypted() bool { return o.TLS || o.CA != "" || o.Cert != "" }

// local tells that all brokers are on this machine.
func (o Options) local() bool {
	for _, broker := range o.Brokers {
		host, _, _ := net.SplitHostPort(broker)
		addr, err := netip.ParseAddr(host)
		if host != "localhost" && (err != nil || !addr.IsLoopback()) {
			return false
		}
	}
	return true
}

// client returns what every connection has.
func (o Options) client() ([]kgo.Opt, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	opts := []kgo.Opt{
		kgo.SeedBrokers(o.Brokers...), kgo.ClientID("switchboard"),
		kgo.DialTimeout(5 * time.Second), kgo.RetryTimeout(requestTimeout),
		// A topic that is missing is found missing, and not made by a question
		// about it.
		kgo.UnknownTopicRetries(1),
	}
	if o.encrypted() {
		c, err := o.tls()
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.DialTLSConfig(c))
	}
	switch o.Mechanism {
	case "PLAIN":
		opts = append(opts, kgo.SASL(plain.Auth{User: o.User, Pass: o.Password}.AsMechanism()))
	case "SCRAM-SHA-256":
		opts = append(opts, kgo.SASL(scram.Auth{User: o.User, Pass: o.Password}.AsSha256Mechanism()))
	case "SCRAM-SHA-512":
		opts = append(opts, kgo.SASL(scram.Auth{User: o.User, Pass: o.Password}.AsSha512Mechanism()))
	}
	return opts, nil
}

func (o Options) tls() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CA != "" {
		pem, err := os.ReadFile(o.CA)
		if err != nil {
			return nil, problem.Input("the authorities for Kafka cannot be read from %s (set by %s): %w", o.CA, config.KafkaTLSCA, err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, problem.Input("%s (set by %s) has no certificate in PEM form", o.CA, config.KafkaTLSCA)
		}
	}
	if o.Cert != "" {
		pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, problem.Input("%s and %s (set by %s and %s) are no certificate and its key: %w", o.Cert, o.Key, config.KafkaTLSCert, config.KafkaTLSKey, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
