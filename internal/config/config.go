// Package config reads the settings of every program from the environment.
//
// [Settings] is the one list of them: the programs read from it, their help
// prints it, and a test holds the reference's table and the compose file against
// it. The connection to Temporal is not here: it is configured by Temporal's
// own variables (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY,
// TEMPORAL_TLS, TEMPORAL_PROFILE and the rest) or its configuration file.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// Setting is one environment variable.
type Setting struct {
	Name    string
	Default string
	Meaning string
}

// Names of the settings.
const (
	Artifacts         = "SWITCHBOARD_ARTIFACTS"
	DatabaseURL       = "DATABASE_URL"
	DatabaseURLFile   = "DATABASE_URL_FILE"
	Task              = "SWITCHBOARD_TASK"
	WebUI             = "SWITCHBOARD_WEB_UI"
	ProviderURL       = "OPENAI_BASE_URL"
	ProviderKey       = "OPENAI_API_KEY"
	ProviderKeyFile   = "OPENAI_API_KEY_FILE"
	BaseModel         = "SWITCHBOARD_BASE_MODEL"
	Prices            = "SWITCHBOARD_PRICES"
	MaxConcurrent     = "SWITCHBOARD_MAX_CONCURRENT_REQUESTS"
	RequestsPerMinute = "SWITCHBOARD_REQUESTS_PER_MINUTE"
	RequestTimeout    = "SWITCHBOARD_REQUEST_TIMEOUT"
	NERModel          = "SWITCHBOARD_NER_MODEL"
	NERModelSHA256    = "SWITCHBOARD_NER_MODEL_SHA256"
	HubURL            = "HF_ENDPOINT"
	HubToken          = "HF_TOKEN"
	AllowNames        = "SWITCHBOARD_ALLOW_NAMES"
	DenyNames         = "SWITCHBOARD_DENY_NAMES"
	Notify            = "SWITCHBOARD_NOTIFY"
	NotifyHosts       = "SWITCHBOARD_NOTIFY_HOSTS"
	NotifySecret      = "SWITCHBOARD_NOTIFY_SECRET"
	NotifySecretFile  = "SWITCHBOARD_NOTIFY_SECRET_FILE"
	IntakeURL         = "SWITCHBOARD_INTAKE_URL"
	IntakeKey         = "SWITCHBOARD_INTAKE_KEY"
	IntakeKeyFile     = "SWITCHBOARD_INTAKE_KEY_FILE"
	SpeechURL         = "SWITCHBOARD_SPEECH_URL"
	SpeechKey         = "SWITCHBOARD_SPEECH_KEY"
	SpeechKeyFile     = "SWITCHBOARD_SPEECH_KEY_FILE"
	SpeechModel       = "SWITCHBOARD_SPEECH_MODEL"
	SpeechServer      = "SWITCHBOARD_SPEECH_SERVER"
	AudioHosts        = "SWITCHBOARD_AUDIO_HOSTS"
	Retention         = "SWITCHBOARD_RETENTION"
	ReviewShare       = "SWITCHBOARD_REVIEW_SHARE"
	ReviewSecond      = "SWITCHBOARD_REVIEW_SECOND"
	ReviewHeld        = "SWITCHBOARD_REVIEW_HELD"
	ModelServerAddr   = "SWITCHBOARD_MODELSERVER_ADDRESS"
	ModelServerData   = "SWITCHBOARD_MODELSERVER_DATA"
	ModelServerKeys   = "SWITCHBOARD_MODELSERVER_KEYS"

	AudioCustomerChannel = "SWITCHBOARD_AUDIO_CUSTOMER_CHANNEL"

	ModelServerKeysFile    = "SWITCHBOARD_MODELSERVER_KEYS_FILE"
	ModelServerTLSCert     = "SWITCHBOARD_MODELSERVER_TLS_CERT"
	ModelServerTLSKey      = "SWITCHBOARD_MODELSERVER_TLS_KEY"
	ModelServerMetricsAddr = "SWITCHBOARD_MODELSERVER_METRICS_ADDRESS"
	ModelServerMaxDisk     = "SWITCHBOARD_MODELSERVER_MAX_DISK"
	ModelServerMaxTraining = "SWITCHBOARD_MODELSERVER_MAX_TRAINING"
	ModelServerEncoder     = "SWITCHBOARD_MODELSERVER_ENCODER"
	ModelServerLanguage    = "SWITCHBOARD_MODELSERVER_LANGUAGE_MODELS"
	ModelServerTrainer     = "SWITCHBOARD_MODELSERVER_TRAINER"
	ModelServerAllowFaults = "SWITCHBOARD_MODELSERVER_ALLOW_FAULTS"

	KafkaBrokers          = "SWITCHBOARD_KAFKA_BROKERS"
	KafkaTLS              = "SWITCHBOARD_KAFKA_TLS"
	KafkaTLSCA            = "SWITCHBOARD_KAFKA_TLS_CA"
	KafkaTLSCert          = "SWITCHBOARD_KAFKA_TLS_CERT"
	KafkaTLSKey           = "SWITCHBOARD_KAFKA_TLS_KEY"
	KafkaSASLMechanism    = "SWITCHBOARD_KAFKA_SASL_MECHANISM"
	KafkaSASLUser         = "SWITCHBOARD_KAFKA_SASL_USER"
	KafkaSASLPassword     = "SWITCHBOARD_KAFKA_SASL_PASSWORD"
	KafkaSASLPasswordFile = "SWITCHBOARD_KAFKA_SASL_PASSWORD_FILE"
	CallsTopic            = "SWITCHBOARD_CALLS_TOPIC"
	CallsGroup            = "SWITCHBOARD_CALLS_GROUP"

	IntakeAddress        = "SWITCHBOARD_INTAKE_ADDRESS"
	IntakeKeys           = "SWITCHBOARD_INTAKE_KEYS"
	IntakeKeysFile       = "SWITCHBOARD_INTAKE_KEYS_FILE"
	IntakeTLSCert        = "SWITCHBOARD_INTAKE_TLS_CERT"
	IntakeTLSKey         = "SWITCHBOARD_INTAKE_TLS_KEY"
	IntakeMetricsAddress = "SWITCHBOARD_INTAKE_METRICS_ADDRESS"
	IntakeMaxOpen        = "SWITCHBOARD_INTAKE_MAX_OPEN"

	DashboardAddress              = "SWITCHBOARD_DASHBOARD_ADDRESS"
	DashboardURL                  = "SWITCHBOARD_DASHBOARD_URL"
	DashboardTLSCert              = "SWITCHBOARD_DASHBOARD_TLS_CERT"
	DashboardTLSKey               = "SWITCHBOARD_DASHBOARD_TLS_KEY"
	DashboardOIDCIssuer           = "SWITCHBOARD_DASHBOARD_OIDC_ISSUER"
	DashboardOIDCClientID         = "SWITCHBOARD_DASHBOARD_OIDC_CLIENT_ID"
	DashboardOIDCClientSecret     = "SWITCHBOARD_DASHBOARD_OIDC_CLIENT_SECRET"
	DashboardOIDCClientSecretFile = "SWITCHBOARD_DASHBOARD_OIDC_CLIENT_SECRET_FILE"
	DashboardOIDCClaim            = "SWITCHBOARD_DASHBOARD_OIDC_CLAIM"
	DashboardOIDCRoles            = "SWITCHBOARD_DASHBOARD_OIDC_ROLES"
)

// Base models of the project's own model server, and the seed of a job that names
// none.
const (
	SoftmaxBaseModel = "switchboard-softmax-1"
	HybridBaseModel  = "switchboard-hybrid-1"
	BaseModelSeed    = 1
)

// How a worker treats its provider if nothing else is set.
const (
	DefaultMaxConcurrent  = 64
	DefaultRequestTimeout = time.Minute
)

// Where the programs of one machine find each other if nothing else is set.
const (
	// StateDir is the folder of standalone's state. KeyFile in it holds the key
	// of its model server, ModelServerDir what the model server keeps.
	StateDir       = ".switchboard"
	KeyFile        = "api-key"
	ModelServerDir = "modelserver"

	ModelServerPort = 8090
	IntakePort      = 8091
	DashboardPort   = 8092
)

var (
	modelServerAddress = "127.0.0.1:" + strconv.Itoa(ModelServerPort)
	intakeAddress      = "127.0.0.1:" + strconv.Itoa(IntakePort)
	dashboardAddress   = "127.0.0.1:" + strconv.Itoa(DashboardPort)
)

// Settings lists every environment variable that Switchboard reads.
var Settings = []Setting{
	{Artifacts, "artifacts", "where runs leave their files: a folder, or a URL (`file://`, `s3://`, `gs://`, `azblob://`)"},
	{DatabaseURL, "", "database of models, corrections and retrainings: `postgres://...`, or an SQLite file; empty is `switchboard.db` in the artifacts' folder"},
	{DatabaseURLFile, "", "file that holds that URL, read where `DATABASE_URL` is empty"},
	{Task, pipeline.DefaultTask, "task that the starter's commands are about where `--task` names none"},
	{WebUI, "", "address of Temporal's Web UI, for the starter's links; empty is Temporal Cloud's for a server there, and for a server on this machine the port a thousand above the server's"},
	{ProviderURL, "http://" + modelServerAddress + "/v1", "base URL of the OpenAI-compatible provider that trains and answers; the default is the project's own model server"},
	{ProviderKey, "", "API key for the provider"},
	{ProviderKeyFile, StateDir + "/" + KeyFile, "file that holds the key, read where `OPENAI_API_KEY` is empty; `standalone` makes the default one for its own model server"},
	{BaseModel, SoftmaxBaseModel, "the provider's model that a fine-tuning starts from"},
	{Prices, "", "JSON file of prices, which come before the shipped ones; see [prices](#prices)"},
	{MaxConcurrent, strconv.Itoa(DefaultMaxConcurrent), "requests that one worker has open at the provider at once"},
	{RequestsPerMinute, "0", "requests that one worker sends to the provider in a minute; 0 sets no limit"},
	{RequestTimeout, fmt.Sprintf("%.0fs", DefaultRequestTimeout.Seconds()), "how long one request to the provider may take"},
	{NERModel, "", "ONNX token-classification model that finds personal names: a folder, or a name on Hugging Face such as `KnightsAnalytics/distilbert-NER` (with `@` and a revision if wanted); empty takes the one that is shipped"},
	{NERModelSHA256, "", "SHA-256 that the files of that model must have; required for a name, and the start without it tells the hash"},
	{HubURL, "https://huggingface.co", "where a model that is a name is downloaded from, once"},
	{HubToken, "", "token for models there that are not public"},
	{AllowNames, "", "file of words, one a line, that are never taken for a person's name, besides the built-in list of brands"},
	{DenyNames, "", "file of names, one a line, that are always replaced"},
	{Notify, "", "URL that the starter's runs notify of their end and of what they wait for, where `--notify` names none"},
	{NotifyHosts, "", "hosts that the worker may notify, separated by commas, each with its port if it is not the usual one; empty is none"},
	{NotifySecret, "", "secret that notifications are signed with: `whsec_` and 24 or more bytes in base64; required if there are hosts"},
	{NotifySecretFile, "", "file that holds that secret, read where `SWITCHBOARD_NOTIFY_SECRET` is empty"},
	{IntakeURL, "http://127.0.0.1:" + strconv.Itoa(IntakePort), "address of the intake that `starter calls send` sends to"},
	{IntakeKey, "", "API key for the intake"},
	{IntakeKeyFile, StateDir + "/" + KeyFile, "file that holds that key, read where `SWITCHBOARD_INTAKE_KEY` is empty; `standalone` makes the default one"},
	{SpeechURL, "", "base URL of the speech recognizer that transcribes recordings of calls, normally ending in `/v1`; empty is none, and calls need their turns"},
	{SpeechKey, "", "API key for the recognizer; many need none"},
	{SpeechKeyFile, "", "file that holds that key, read where `SWITCHBOARD_SPEECH_KEY` is empty"},
	{SpeechModel, "whisper-base", "the recognizer's model"},
	{SpeechServer, "", "kind of recognizer: `speaches`, `whisper.cpp`, `parakeet`, `vllm`, `localai`, `openai-whisper`, `openai-diarize`, `openai-gpt-transcribe`, `openai` or `generic`; empty is told by the host and the model, and is `generic` for hosts that are not known"},
	{AudioHosts, "", "hosts that recordings are fetched from, separated by commas, each with its port if it is not the usual one; one that leads to a private address needs that address or its network in the list too, such as `10.1.0.0/16`; empty is none"},
	{Retention, "", "how long calls are kept, such as `90d`, with all that was found out about them; empty keeps them without end"},
	{ReviewShare, "2%", "share of the answered calls that people are asked to judge whatever the model said, such as `2%` or `0.02`: they tell how good the answers are"},
	{ReviewSecond, "33%", "share of these calls that a second person is asked to judge as well"},
	{ReviewHeld, "50%", "share of these calls that no model is ever trained on"},
	{AudioCustomerChannel, "left", "channel of a stereo recording that has the customer, `left` or `right`; the other one has the agent"},
	{ModelServerAddr, modelServerAddress, "address that the model server listens on"},
	{ModelServerData, StateDir + "/" + ModelServerDir, "folder in which the model server keeps files, jobs and models"},
	{ModelServerKeys, "", "API keys that the model server accepts, separated by commas; required, unless there is a file of keys, except by `standalone`"},
	{ModelServerKeysFile, "", "JSON file of API keys with names and limits, beside that list or instead of it"},
	{ModelServerTLSCert, "", "certificate in PEM form, with which the model server speaks HTTPS"},
	{ModelServerTLSKey, "", "key of that certificate"},
	{ModelServerMetricsAddr, "", "address on which the model server shows metrics without an API key"},
	{ModelServerMaxDisk, "", "quota of the model server's folder, such as `20GB`"},
	{ModelServerMaxTraining, "4GiB", "memory that a training at the model server may take, as it is estimated before it starts"},
	{ModelServerEncoder, "", "folder of a sentence encoder in ONNX, with which the model server has the base model `" + HybridBaseModel + "`"},
	{ModelServerLanguage, "", "JSON file of language models that the model server fine-tunes with the trainer"},
	{ModelServerTrainer, "", "Python that runs the trainer, unless it is `trainer/.venv/bin/python` beside the program or in the working directory"},
	{ModelServerAllowFaults, "", "`1` lets the model server fail on purpose, for tests"},
	{KafkaBrokers, "", "hosts and ports of the Kafka brokers that calls come from, separated by commas; an intake needs one, and a worker without analyzes calls of files alone"},
	{KafkaTLS, "", "`1` speaks TLS with the brokers; a certificate or an authority below does so too"},
	{KafkaTLSCA, "", "certificates in PEM form of the authorities that vouch for the brokers; empty trusts those of this machine"},
	{KafkaTLSCert, "", "certificate in PEM form that is shown to the brokers"},
	{KafkaTLSKey, "", "key of that certificate"},
	{KafkaSASLMechanism, "", "how a user is known to the brokers: `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`; empty is without a user"},
	{KafkaSASLUser, "", "that user"},
	{KafkaSASLPassword, "", "that user's password"},
	{KafkaSASLPasswordFile, "", "file that holds that password, read where `SWITCHBOARD_KAFKA_SASL_PASSWORD` is empty"},
	{CallsTopic, "calls", "topic that calls come from; `.dead-letter` and `.classified` after its name make those of unusable events and of answers"},
	{CallsGroup, "switchboard-intake", "consumer group of all intakes that share the calls"},
	{IntakeAddress, intakeAddress, "address that the intake listens on for calls by HTTP"},
	{IntakeKeys, "", "API keys with which calls may be sent there, separated by commas, beside those that administrators make on the page; calls from Kafka need none"},
	{IntakeKeysFile, "", "file that holds these keys, one a line, read where `SWITCHBOARD_INTAKE_KEYS` is empty"},
	{IntakeTLSCert, "", "certificate in PEM form, with which the intake speaks HTTPS"},
	{IntakeTLSKey, "", "key of that certificate"},
	{IntakeMetricsAddress, "", "address on which the intake shows metrics, without a key"},
	{IntakeMaxOpen, "1000", "calls that are analyzed at once, those of all intakes together; the rest waits in Kafka"},
	{DashboardAddress, dashboardAddress, "address that the dashboard listens on"},
	{DashboardURL, "", "address at which people reach the dashboard, for invitations, logins by an identity provider and `starter open`; `https://` also tells that a proxy before it speaks HTTPS; empty is where it listens"},
	{DashboardTLSCert, "", "certificate in PEM form, with which the dashboard speaks HTTPS"},
	{DashboardTLSKey, "", "key of that certificate"},
	{DashboardOIDCIssuer, "", "URL of the identity provider (OpenID Connect) by which people log in; empty leaves the accounts that the page keeps itself"},
	{DashboardOIDCClientID, "", "id by which the provider knows the page"},
	{DashboardOIDCClientSecret, "", "secret of that client"},
	{DashboardOIDCClientSecretFile, "", "file that holds that secret, read where `SWITCHBOARD_DASHBOARD_OIDC_CLIENT_SECRET` is empty"},
	{DashboardOIDCClaim, "groups", "what the provider says of a user that decides on the role, such as `groups`, `email`, or `realm_access.roles` with dots into objects"},
	{DashboardOIDCRoles, "", "who gets which role by that claim, such as `admin=support-leads,reviewer=support,viewer=*`, where `*` is everybody; whoever gets none is not let in"},
}

// Explain says what settings mean, each in two lines, for the help of a program that
// reads these. They come in the order of [Settings].
func Explain(names ...string) string {
	var b strings.Builder
	for _, s := range Settings {
		if slices.Contains(names, s.Name) {
			fmt.Fprintf(&b, "  %s\n        %s\n", s.Name, strings.ReplaceAll(s.Meaning, "`", ""))
		}
	}
	return b.String()
}

// Config holds the settings of a worker and of the starter.
type Config struct {
	Artifacts         string
	DatabaseURL       string
	ProviderURL       string
	ProviderKey       string
	BaseModel         string
	Prices            string
	MaxConcurrent     int
	RequestsPerMinute int
	RequestTimeout    time.Duration
	NERModel          string
	NERModelSHA256    string
	HubURL            string
	HubToken          string
	AllowNames        string
	DenyNames         string
	NotifyHosts       string
	NotifySecret      string
	SpeechURL         string
	SpeechKey         string
	SpeechModel       string
	SpeechServer      string
	AudioHosts        string
	// Retention is how long calls are kept; 0 is without end.
	Retention time.Duration
	// Review is which calls people are asked to judge; zero leaves what the program has
	// without settings.
	Review Review

	AudioCustomerChannel string
}

// Review holds shares from 0 to 1: of the answered calls that are drawn at random, and
// of these, the ones that two people judge, and the ones that no model is trained on.
type Review struct{ Share, Second, Held float64 }

// Load reads the settings with getenv (such as os.Getenv); empty ones take
// their defaults. A value that cannot be read is a problem of kind BadInput.
func Load(getenv func(string) string) (Config, error) {
	c := Config{
		Artifacts:      Get(getenv, Artifacts),
		ProviderURL:    strings.TrimSuffix(Get(getenv, ProviderURL), "/"),
		BaseModel:      Get(getenv, BaseModel),
		Prices:         Get(getenv, Prices),
		NERModel:       Get(getenv, NERModel),
		NERModelSHA256: Get(getenv, NERModelSHA256),
		HubURL:         Get(getenv, HubURL),
		HubToken:       Get(getenv, HubToken),
		AllowNames:     Get(getenv, AllowNames),
		DenyNames:      Get(getenv, DenyNames),
		NotifyHosts:    Get(getenv, NotifyHosts),
		SpeechURL:      strings.TrimSuffix(Get(getenv, SpeechURL), "/"),
		SpeechModel:    Get(getenv, SpeechModel),
		SpeechServer:   Get(getenv, SpeechServer),
		AudioHosts:     Get(getenv, AudioHosts),

		AudioCustomerChannel: Get(getenv, AudioCustomerChannel),
	}
	var err error
	if c.DatabaseURL, err = Database(getenv); err != nil {
		return Config{}, err
	}
	if c.ProviderKey, err = key(getenv); err != nil {
		return Config{}, err
	}
	if c.NotifySecret, err = valueOrFile(getenv, NotifySecret, NotifySecretFile, "the secret for notifications"); err != nil {
		return Config{}, err
	}
	if c.SpeechKey, err = valueOrFile(getenv, SpeechKey, SpeechKeyFile, "the recognizer's API key"); err != nil {
		return Config{}, err
	}
	if c.MaxConcurrent, err = number(getenv, MaxConcurrent, 1); err != nil {
		return Config{}, err
	}
	if c.RequestsPerMinute, err = number(getenv, RequestsPerMinute, 0); err != nil {
		return Config{}, err
	}
	if c.Retention, err = Age(Get(getenv, Retention)); err != nil {
		return Config{}, problem.Input("%s is %q; give an age such as 90d or 36h, or nothing to keep calls without end", Retention, Get(getenv, Retention))
	}
	for name, to := range map[string]*float64{ReviewShare: &c.Review.Share, ReviewSecond: &c.Review.Second, ReviewHeld: &c.Review.Held} {
		if *to, err = share(getenv, name); err != nil {
			return Config{}, err
		}
	}
	c.RequestTimeout, err = time.ParseDuration(Get(getenv, RequestTimeout))
	if err != nil || c.RequestTimeout <= 0 {
		return Config{}, problem.Input("%s is %q; give a duration such as 60s", RequestTimeout, Get(getenv, RequestTimeout))
	}
	return c, nil
}

// Age reads a number of days such as 90d, or a duration such as 36h; 0 of an empty
// text. It is an hour or more.
func Age(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	age, err := time.ParseDuration(text)
	if days, is := strings.CutSuffix(text, "d"); is {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		age = time.Duration(n) * 24 * time.Hour
	}
	if err == nil && age < time.Hour {
		err = errors.New("an age is an hour or more")
	}
	return age, err
}

// Get returns the value of one setting, or its default.
func Get(getenv func(string) string, name string) string {
	if v := getenv(name); v != "" {
		return v
	}
	for _, s := range Settings {
		if s.Name == name {
			return s.Default
		}
	}
	return ""
}

// Folder returns the path if the setting [Artifacts] is a folder's path or a file://
// URL, and false for what is elsewhere.
func Folder(artifacts string) (string, bool) {
	if !strings.Contains(artifacts, "://") {
		return artifacts, true
	}
	u, err := url.Parse(artifacts)
	if err != nil || u.Scheme != "file" {
		return "", false
	}
	return filepath.FromSlash(u.Host + u.Path), true
}

// key returns the provider's key from the environment, or from its file. No
// file at all is no key.
func key(getenv func(string) string) (string, error) {
	return keyOf(getenv, ProviderKey, ProviderKeyFile)
}

// IntakeKeyOf returns the key for the intake as key does the provider's.
func IntakeKeyOf(getenv func(string) string) (string, error) {
	return keyOf(getenv, IntakeKey, IntakeKeyFile)
}

func keyOf(getenv func(string) string, setting, fileSetting string) (string, error) {
	if k := getenv(setting); k != "" {
		return k, nil
	}
	file := Get(getenv, fileSetting)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && getenv(fileSetting) == "" {
		return "", nil
	}
	if err != nil {
		return "", problem.Input("the API key cannot be read from %s (set by %s): %w", file, fileSetting, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// Database returns the URL of the database from the environment, or from the file
// that it names; empty if neither is set.
func Database(getenv func(string) string) (string, error) {
	return valueOrFile(getenv, DatabaseURL, DatabaseURLFile, "the URL of the database")
}

// KafkaPassword returns the password for the Kafka brokers from the environment, or
// from the file that it names; empty if neither is set.
func KafkaPassword(getenv func(string) string) (string, error) {
	return valueOrFile(getenv, KafkaSASLPassword, KafkaSASLPasswordFile, "the password for Kafka")
}

// IntakeAPIKeys returns the keys of the intake from the environment, or from the file
// that it names; empty if neither is set.
func IntakeAPIKeys(getenv func(string) string) (string, error) {
	return valueOrFile(getenv, IntakeKeys, IntakeKeysFile, "the keys of the intake")
}

// DashboardOIDCSecret returns the secret that the identity provider knows the page by,
// from the environment or from the file that it names; empty if neither is set.
func DashboardOIDCSecret(getenv func(string) string) (string, error) {
	return valueOrFile(getenv, DashboardOIDCClientSecret, DashboardOIDCClientSecretFile, "the secret for the identity provider")
}

// valueOrFile returns the setting, or what is in the file that the other one names.
func valueOrFile(getenv func(string) string, setting, file, what string) (string, error) {
	if v := getenv(setting); v != "" || getenv(file) == "" {
		return v, nil
	}
	text, err := os.ReadFile(getenv(file))
	if err != nil {
		return "", problem.Input("%s cannot be read from %s (set by %s): %w", what, getenv(file), file, err)
	}
	return strings.TrimSpace(string(text)), nil
}

// share reads a share from 0 to 1, or from 0% to 100%.
func share(getenv func(string) string, name string) (float64, error) {
	text := Get(getenv, name)
	digits, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if percent {
		n /= 100
	}
	if err != nil || !(n >= 0 && n <= 1) {
		return 0, problem.Input("%s is %q; give a share from 0%% to 100%%, such as 2%%", name, text)
	}
	return n, nil
}

func number(getenv func(string) string, name string, least int) (int, error) {
	text := Get(getenv, name)
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		return 0, problem.Input("%s is %q; give a whole number of %d or more", name, text, least)
	}
	return n, nil
}
