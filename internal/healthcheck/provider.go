package healthcheck

import (
	"context"
	"errors"
	"fmt"

	"switchboard/internal/config"
	"switchboard/internal/problem"
	"switchboard/internal/provider"
)

// provider asks the provider what it can do.
func (c *checks) provider(ctx context.Context, cfg config.Config) {
	var p *provider.Client
	reached := c.run(ctx, "provider", true, func(ctx context.Context) (_ string, err error) {
		if p, err = provider.New(provider.Options{BaseURL: cfg.ProviderURL, APIKey: cfg.ProviderKey, RequestTimeout: cfg.RequestTimeout}); err != nil {
			return "", err
		}
		_, err = p.Models(ctx)
		if err != nil && cfg.ProviderKey == "" {
			return "", problem.New(problem.Environment, "%w; no key is set here (%s, %s)", err, config.ProviderKey, config.ProviderKeyFile)
		}
		return fmt.Sprintf("%s answers and takes the key; used as %s", cfg.ProviderURL, p.Provider()), err
	})
	for _, capability := range provider.Capabilities {
		c.run(ctx, capability.Name, reached, func(ctx context.Context) (string, error) {
			found, err := p.Ask(ctx, capability, cfg.BaseModel)
			return found, meaning(capability, err)
		})
	}
	if reached && p.Deployment() != "" {
		c.run(ctx, "deployment", true, func(context.Context) (string, error) { return "", note{p.Deployment()} })
	}
}

// meaning is what the lack of a capability means for a run.
func meaning(c provider.Capability, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, provider.ErrUnknown):
		return note{"not checked: " + provider.ErrUnknown.Error()}
	case c.Needed:
		return err
	case provider.Missing(err):
		return note{"not offered; without them " + c.Without}
	}
	return note{err.Error() + "; without them " + c.Without}
}
