// Package parallel does several things at once, and not all of them.
package parallel

import "sync"

// Each calls f for every index below n, up to most at once, and waits for all of
// them. It returns the error of the lowest index, so that the same failures are
// told in the same way however the calls overtake each other.
func Each(n, most int, f func(int) error) error {
	var wait sync.WaitGroup
	errs := make([]error, n)
	slots := make(chan struct{}, most)
	for i := range n {
		slots <- struct{}{}
		wait.Go(func() {
			errs[i] = f(i)
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
