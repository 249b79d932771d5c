// Package clients holds no code of its own: it tests the model server with
// OpenAI's own clients for Python (python/) and Node (node/), unchanged and of
// pinned versions, through the whole life of a model.
package clients
