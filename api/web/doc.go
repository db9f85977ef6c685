// Package web serves the pages that people look at: the reader's window, an
// expert's storefront, a pick with its product, search, the publisher and the
// rules in public, in Chinese and English.
//
// Pages are made on the server and can be read without script. They change
// nothing: what a reader or expert does on a page goes to the API, by the
// page's own small scripts, or a form, and with the session cookie. The package
// asks recommend for what it shows, and for signals and exports the API, by a
// function that it is given; it is not the API, and knows nothing of its router.
//
// Everything a page needs (templates, styles, scripts, pictures, words) is in
// the binary; no page asks anybody else for anything.
package web
