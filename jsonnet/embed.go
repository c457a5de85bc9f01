// Package jsonnet holds the library of built-in templates. Templates of users
// import its files as "lading/deployment.libsonnet".
//
// The folder is the whole of it: main.jsonnet lists what is written for a
// deployment, and each other file makes one kind of object or a part of one.
// docs/templates.md describes the library to its users.
package jsonnet

import "embed"

// Library holds the files of the library, without its tests.
//
//go:embed main.jsonnet *.libsonnet
var Library embed.FS
