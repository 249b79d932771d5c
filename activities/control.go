package activities

import (
	"switchboard/internal/artifact"
	"switchboard/internal/config"
	"switchboard/internal/database"
	"switchboard/internal/provider"
)

// Control has the activities that a client runs by themselves, outside of any
// workflow: what a person asks of the registry, of a run's files and of the
// worker. All fields are required.
type Control struct {
	Store  *artifact.Store
	Models *database.Store
	Client *provider.Client
	// Config is what the worker was started with, Getenv its environment.
	Config config.Config
	Getenv func(string) string
	// Worker is what the process calls itself.
	Worker string
}
