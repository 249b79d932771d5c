package embedded

// FreePorts is freePorts, for tests.
var FreePorts = freePorts
