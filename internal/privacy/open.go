package privacy

import (
	"context"

	"switchboard/internal/anonymize"
	"switchboard/internal/anonymize/ner"
	"switchboard/internal/config"
)

// Open makes the anonymizer that the settings describe: the rules, the model
// that finds names if there is one, and the lists of names. A model or a list
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
	if cfg.NERModel != "" {
		model, err := ner.Load(ctx, ner.Options{Dir: cfg.NERModel})
		if err != nil {
			return nil, err
		}
		o.Models = []anonymize.Recognizer{model}
	}
	return anonymize.New(o)
}
