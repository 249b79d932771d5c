package privacy

import (
	"context"
	"os"
	"path/filepath"

	"switchboard/internal/anonymize"
	"switchboard/internal/anonymize/ner"
	"switchboard/internal/config"
)

// Open makes the anonymizer that the settings describe: the rules, the model
// that finds names (the one that is shipped, if they name no other), and the
// lists of names. A model or a list
// that cannot be read is a [problem.Error].
//
// The model takes memory for as long as the process lives; the context bounds
// its loading alone.
func Open(ctx context.Context, cfg config.Config) (*anonymize.Anonymizer, error) {
	var o anonymize.Options
	var err error
	if cfg.AllowNames != "" {
		if o.Allow, err = anonymize.ReadList(cfg.AllowNames); err != nil {
			return nil, err
		}
	}
	if cfg.DenyNames != "" {
		if o.Deny, err = anonymize.ReadList(cfg.DenyNames); err != nil {
			return nil, err
		}
	}
	model, err := openModel(ctx, cfg)
	if err != nil {
		return nil, err
	}
	o.Models = []anonymize.Recognizer{model}
	return anonymize.New(o)
}

func openModel(ctx context.Context, cfg config.Config) (*ner.Recognizer, error) {
	if cfg.NERModel == "" {
		return ner.Shipped(ctx)
	}
	hub := ner.Hub{Endpoint: cfg.HubURL, Token: cfg.HubToken, Pin: config.NERModelSHA256}
	if cache, err := os.UserCacheDir(); err == nil {
		hub.Cache = filepath.Join(cache, "switchboard", "models")
	}
	dir, err := hub.Find(ctx, cfg.NERModel, cfg.NERModelSHA256)
	if err != nil {
		return nil, err
	}
	return ner.Load(ctx, ner.Options{Dir: dir, SHA256: cfg.NERModelSHA256})
}
