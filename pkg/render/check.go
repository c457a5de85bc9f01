package render

import (
	"context"

	"github.com/lading-dev/lading/pkg/settings"
)

// A TemplateCheck tells how a custom template fares with a deployment.
type TemplateCheck struct {
	File settings.Path
	// Warnings are those about the template and what it leaves out of the
	// contract of the built-in one.
	Warnings settings.Problems
	// Err says why it cannot be rendered, or what of the contract it breaks.
	Err error
}

// Check renders each custom template of a deployment by itself, so that a
// mistake in one does not hide those of another. Where there is none it renders
// the whole deployment with them: the error is what is wrong with that, or with
// the settings.
func (r *Renderer) Check(ctx context.Context, in Input) ([]TemplateCheck, error) {
	c, err := newContext(in, &Output{})
	if err != nil {
		return nil, err
	}
	custom, err := c.findTemplates()
	if err != nil {
		return nil, err
	}
	var checks []TemplateCheck
	sound := true
	for _, name := range customTemplates {
		if file, ok := custom[name]; ok {
			check := r.checkFile(ctx, c, name, file)
			checks = append(checks, check)
			sound = sound && check.Err == nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if sound {
		_, err = r.Render(ctx, in)
	}
	return checks, err
}

func (r *Renderer) checkFile(ctx context.Context, c *renderContext, name string, file settings.Path) TemplateCheck {
	ctx, cancel := r.limits.bound(ctx)
	defer cancel()
	c.out = &Output{}
	_, err := r.custom(ctx, c, name, file)
	return TemplateCheck{File: file, Warnings: c.out.Warnings, Err: err}
}
