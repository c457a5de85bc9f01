// Package templates holds what people begin templates of their own with: the
// built-in Deployment and Service in both forms that custom_templates_dir
// takes, and the sample deployments that such templates are tried with.
//
// lading itself renders by the library in jsonnet/. That the templates here
// give the same objects is tested over every case of testdata/render.
package templates

import "embed"

// FS holds a folder for each form, j2 and jsonnet, with the files to copy, and
// samples, with settings documents.
//
//go:embed j2 jsonnet samples
var FS embed.FS
