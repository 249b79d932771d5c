package kafka

import (
	"cmp"
	"context"
	"errors"
	"strconv"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"switchboard/internal/problem"
)

// EnsureTopics creates those of the three topics that are missing: that of calls
// with the given number of partitions, or the brokers' default for 0; that of dead
// letters with one partition; that of answers compacted, so that the latest answer
// about a call stays. Topics that are there stay as they are. Where the user may
// create none, a missing topic is a problem of kind Environment that names it.
func (c *Client) EnsureTopics(ctx context.Context, partitions int32) error {
	if partitions == 0 {
		partitions = -1
	}
	for _, t := range []struct {
		name       string
		partitions int32
		configs    map[string]*string
	}{
		{c.options.Topic, partitions, nil},
		{c.options.DeadLetterTopic(), 1, map[string]*string{"retention.ms": kadm.StringPtr("-1"), "max.message.bytes": kadm.StringPtr(strconv.Itoa(maxDeadLetter + 1<<20))}},
		{c.options.ClassifiedTopic(), partitions, map[string]*string{"cleanup.policy": kadm.StringPtr("compact")}},
	} {
		if err := c.ensure(ctx, t.name, t.partitions, t.configs); err != nil {
			return err
		}
	}
	return nil
}

// ensure tries to create the topic first: the client remembers for some seconds that
// a topic which it was asked about is missing.
func (c *Client) ensure(ctx context.Context, name string, partitions int32, configs map[string]*string) error {
	answer, err := c.admin.CreateTopic(ctx, partitions, -1, configs, name)
	if err == nil {
		err = answer.Err
	}
	switch {
	case err == nil, errors.Is(err, kerr.TopicAlreadyExists):
		return nil
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed), errors.Is(err, kerr.PolicyViolation):
		return c.isThere(ctx, name)
	}
	return faultOf(ctx, "creating topic "+name, err)
}

// isThere looks for a topic that the user must not create.
func (c *Client) isThere(ctx context.Context, name string) error {
	there, err := c.admin.ListTopics(ctx, name)
	if err == nil && there[name].Err == nil {
		return nil
	}
	if err == nil && errors.Is(there[name].Err, kerr.UnknownTopicOrPartition) {
		return problem.New(problem.Environment, "topic %s is missing, and Kafka does not let this user create it; create it, or give the user the right to", name)
	}
	return faultOf(ctx, "looking for topic "+name, cmp.Or(err, there[name].Err))
}
