package embedded

import (
	"context"
	"fmt"
	"strings"

	"go.temporal.io/api/workflowservice/v1"

	"switchboard/internal/temporal"
)

// settle waits until the server answers a question that names every search
// attribute.
func (s *Server) settle(ctx context.Context, o Options) error {
	return eventually(ctx, func() error {
		c, err := temporal.Dial(ctx, temporal.Options{Address: s.Address(), Namespace: o.Namespace})
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: mention(o.SearchAttributes)})
		return err
	})
}

// mention returns a query that uses every attribute and matches nothing; empty
// for none.
func mention(attributes []string) string {
	parts := make([]string, len(attributes))
	for i, a := range attributes {
		parts[i] = fmt.Sprintf("`%s` = ''", a)
	}
	return strings.Join(parts, " AND ")
}
