// Package overlays holds the built-in kustomize components and the overlays of
// the example environments that `lading init` writes.
//
// A component is a folder of components/: a kustomize Component whose files
// may hold parameters, and a parameters.yaml that documents them. Adding one
// is adding a folder; nothing lists them by hand. docs/overlays.md tells users
// about both.
package overlays

import "embed"

// FS holds components/<name>, dev, staging and prod.
//
//go:embed components dev staging prod
var FS embed.FS
