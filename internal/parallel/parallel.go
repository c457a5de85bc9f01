// Package parallel does several things at once, and not all of them.
package parallel

import (
	"sync"
	"sync/atomic"
)

// Each calls f for every index below n, up to most at once, and waits for all of
// them. It returns the error of the lowest index, so that the same failures are
// told in the same way however the calls overtake each other. After an error no
// more calls begin; those of lower indices have begun by then.
func Each(n, most int, f func(int) error) error {
	var wait sync.WaitGroup
	var failed atomic.Bool
	errs := make([]error, n)
	slots := make(chan struct{}, most)
	for i := range n {
		slots <- struct{}{}
		if failed.Load() {
			break
		}
		wait.Go(func() {
			if errs[i] = f(i); errs[i] != nil {
				failed.Store(true)
			}
			<-slots
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
