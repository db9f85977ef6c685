package recommend

// Crediting is the model that credits l, which is m unless that is empty and
// else the one that it pays by, and whom it credits: nobody where no token
// leads to anybody, or nothing is paid.
func (l *OrderLine) Crediting(m Model) (Model, []Credit) {
	if l.Click == nil {
		return "", nil
	}
	if m == "" {
		m = l.Click.Terms.payee()
	}
	return m, l.Credits[m]
}
