-- One row: the line through distance over time of `efforts` and the slope of their
-- logarithms (Riegel's exponent), least squares; twin of metrics/form.py.
select
    regr_slope(distance_m, elapsed_s) as speed_m_s,
    regr_intercept(distance_m, elapsed_s) as reserve_m,
    count(*) as efforts_count,
    case
        when count(*) >= 3 and max(distance_m) >= 4 * min(distance_m)
        then regr_slope(ln(elapsed_s), ln(distance_m))
    end as exponent
from efforts
