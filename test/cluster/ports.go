package cluster

import (
	"fmt"
	"net"
)

// ports are the TCP ports of the components, all of 127.0.0.1.
type ports struct {
	api, etcd, etcdPeer, kubelet                      int
	fluxArtifacts, fluxSource, fluxKustomize          int
	redis, repoServer, repoServerMetrics, argoMetrics int
}

// freePorts returns ports that nobody has at the moment. Somebody may take one
// before its component does; Start tries again then.
func freePorts() (ports, error) {
	var p ports
	for _, port := range []*int{
		&p.api, &p.etcd, &p.etcdPeer, &p.kubelet,
		&p.fluxArtifacts, &p.fluxSource, &p.fluxKustomize,
		&p.redis, &p.repoServer, &p.repoServerMetrics, &p.argoMetrics,
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ports{}, err
		}
		defer l.Close() // all are held until all are known, so that they differ
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}

func local(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
