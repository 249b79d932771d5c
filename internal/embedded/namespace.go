package embedded

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	persistencespb "go.temporal.io/server/api/persistence/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"

	"switchboard/internal/problem"
)

// ensureNamespace creates the namespace, or brings one of an earlier start to
// the wanted retention and attributes.
//
// It writes to the database while no server runs on it. Over the API the same
// takes seconds to reach every service's copy of the namespace, and a service
// with an old copy loses workflow tasks over an attribute it does not know.
func ensureNamespace(ctx context.Context, store *config.SQL, name string, retention time.Duration, attributes []string) error {
	fresh, err := sqliteschema.NewNamespaceConfig(clusterName, name, false, nil)
	if err != nil {
		return fmt.Errorf("describing the namespace %s: %w", name, err)
	}
	if err := sqliteschema.CreateNamespaces(store, fresh); err != nil {
		return fmt.Errorf("creating the namespace %s: %w", name, err)
	}
	db, err := sql.NewSQLDB(sqlplugin.DbKindMain, store, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	defer db.Close() //nolint:errcheck // it is only read from
	rows, err := db.SelectFromNamespace(ctx, sqlplugin.NamespaceFilter{Name: &name})
	if err != nil {
		return fmt.Errorf("reading the namespace %s: %w", name, err)
	}
	row := rows[0] // a name without a row is an error above
	coder := serialization.NewSerializer()
	detail, err := coder.NamespaceDetailFromBlob(persistence.NewDataBlob(row.Data, row.DataEncoding))
	if err != nil {
		return fmt.Errorf("decoding the namespace %s: %w", name, err)
	}
	detail.Config.Retention = durationpb.New(retention)
	if err := addKeywords(detail.Config, attributes); err != nil {
		return err
	}
	blob, err := coder.NamespaceDetailToBlob(detail)
	if err != nil {
		return fmt.Errorf("encoding the namespace %s: %w", name, err)
	}
	row.Data, row.DataEncoding = blob.Data, blob.EncodingType.String()
	if _, err := db.UpdateNamespace(ctx, &row); err != nil {
		return fmt.Errorf("writing the namespace %s: %w", name, err)
	}
	return nil
}

// addKeywords gives each attribute that the namespace lacks one of the columns
// that the visibility table has for keywords.
func addKeywords(ns *persistencespb.NamespaceConfig, attributes []string) error {
	if ns.CustomSearchAttributeAliases == nil {
		ns.CustomSearchAttributeAliases = map[string]string{}
	}
	nameOf := ns.CustomSearchAttributeAliases // by column
	var free []string
	for column, kind := range sadefs.GetDBIndexSearchAttributes(nil).CustomSearchAttributes {
		if _, used := nameOf[column]; !used && kind == enumspb.INDEXED_VALUE_TYPE_KEYWORD {
			free = append(free, column)
		}
	}
	slices.Sort(free)
	known := slices.Collect(maps.Values(nameOf))
	for _, a := range attributes {
		if slices.Contains(known, a) {
			continue
		}
		if len(free) == 0 {
			return problem.Input("the search attribute %s is one too many; Temporal's data file has no column left for it", a)
		}
		nameOf[free[0]], free = a, free[1:]
		known = append(known, a)
	}
	return nil
}
