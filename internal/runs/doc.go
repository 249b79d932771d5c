// Package runs looks at runs and schedules as Temporal knows them. What is said of
// them is for those who show them: the starter and the dashboard.
package runs
