package activities

import (
	"switchboard/internal/account"
	"switchboard/internal/artifact"
	"switchboard/internal/config"
	"switchboard/internal/database"
	"switchboard/internal/kafka"
	"switchboard/internal/provider"
	"switchboard/internal/results"
	"switchboard/internal/temporal"
)

// Control has the activities that a client runs by themselves, outside of any
// workflow: what a person asks of the registry, of a run's files and of the
// worker. All fields are required but where they say otherwise.
type Control struct {
	Store   *artifact.Store
	Models  *database.Store
	Results *results.Store
	// Accounts has the audit.
	Accounts *account.Store
	// Kafka has the events of calls; nil where there is none.
	Kafka  *kafka.Client
	Client *provider.Client
	// Server is the Temporal server that runs calls.
	Server *temporal.Client
	// Config is what the worker was started with, Getenv its environment.
	Config config.Config
	Getenv func(string) string
	// Worker is what the process calls itself.
	Worker string
}
