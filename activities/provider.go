package activities

import (
	"switchboard/internal/artifact"
	"switchboard/internal/cost"
	"switchboard/internal/database"
	"switchboard/internal/pace"
	"switchboard/internal/provider"
)

// Provider is the set of activities of the task queue
// pipeline.ProviderTaskQueue. All fields are required but where they say otherwise.
type Provider struct {
	Store  *artifact.Store
	Client *provider.Client
	// Concurrent is how many requests the client has open at once.
	Concurrent int
	// URL is the provider's base URL, to be remembered with its models.
	URL string
	// BaseModel is what a fine-tuning starts from if it does not say.
	BaseModel string
	// Models is the database of models.
	Models *database.Store
	// Prices is what providers ask. It may be empty.
	Prices cost.Table
	// asking is how fast all parts together are answered.
	asking pace.Pace
}
