package installation

import (
	"context"
	"errors"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"switchboard/internal/pipeline"
	"switchboard/internal/problem"
)

// Server is what is asked of a Temporal client; a client.Client has it.
type Server interface {
	WorkflowService() workflowservice.WorkflowServiceClient
	OperatorService() operatorservice.OperatorServiceClient
}

// CheckAttributes looks for the search attributes that runs set. Where some are
// missing, or are no keywords, it returns a problem of kind Environment: a run
// would stand still at its first step. Other errors are the server's.
func CheckAttributes(ctx context.Context, s Server, namespace string) error {
	missing, err := missingAttributes(ctx, s, namespace)
	if err != nil || len(missing) == 0 {
		return err
	}
	return problem.New(problem.Environment, "the namespace lacks search attributes; create them with `temporal operator search-attribute create --namespace %s --type Keyword --name %s`",
		namespace, strings.Join(missing, " --name "))
}

// missingAttributes asks in the way that few may, which tells the type; and
// where that is denied, in the way that everybody may who can list runs.
func missingAttributes(ctx context.Context, s Server, namespace string) ([]string, error) {
	answer, err := s.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if refused(err) {
		return unlistedAttributes(ctx, s, namespace)
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(pipeline.SearchAttributes), func(name string) bool {
		return answer.GetCustomAttributes()[name] == enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}), nil
}

func unlistedAttributes(ctx context.Context, s Server, namespace string) (missing []string, err error) {
	for _, name := range pipeline.SearchAttributes {
		_, err := s.WorkflowService().CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: namespace, Query: name + " = ''"})
		var unknown *serviceerror.InvalidArgument
		switch {
		case errors.As(err, &unknown):
			missing = append(missing, name)
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

// refused tells whether a server does not answer this question of this client.
func refused(err error) bool {
	var (
		denied        *serviceerror.PermissionDenied
		unimplemented *serviceerror.Unimplemented
	)
	return errors.As(err, &denied) || errors.As(err, &unimplemented)
}
