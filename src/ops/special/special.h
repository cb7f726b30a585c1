/* Special functions of real numbers, in double: what the kernels of torch.special compute from.
 *
 * Each is written from its definition (series, asymptotic expansion, integral) to nearly full precision;
 * float32 results are these, rounded. What they give at poles, at infinity and outside their domain is
 * PyTorch's (aten/src/ATen/native/Math.h). */
#ifndef LINKBOY_OPS_SPECIAL_SPECIAL_H
#define LINKBOY_OPS_SPECIAL_SPECIAL_H

/* gamma.c */
double special_digamma(double x);
double special_polygamma(double n, double x); /* n = 0, 1, 2, ... */
double special_zeta(double s, double q);      /* Hurwitz: the sum of (q + k)^-s */
double special_igamma(double a, double x);    /* regularised, lower */
double special_igammac(double a, double x);   /* and upper */

/* bessel.c; an e at the end: scaled by exp(-|x|), or exp(x) for k */
double special_i0(double x);
double special_i0e(double x);
double special_i1(double x);
double special_i1e(double x);
double special_k0(double x);
double special_k0e(double x);
double special_k1(double x);
double special_k1e(double x);
double special_j0(double x);
double special_j1(double x);
double special_y0(double x);
double special_y1(double x);
double special_spherical_j0(double x);
double special_airy(double x);

/* normal.c: the error function's relatives */
double special_erfinv(double y);
double special_erfcx(double x);
double special_ndtri(double p);
double special_log_ndtr(double x);
double special_entr(double x);

#endif
