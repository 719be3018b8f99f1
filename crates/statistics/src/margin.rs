//! The limit between what is tolerated and what is not.

use core::fmt;

/// The null line `r1 = ratio · r0 ± difference`, with `+` where a higher rate is worse and `-` where a lower one is.
///
/// Build it with [`Margin::ratio`] or [`Margin::difference`]. A margin put together by hand with values outside the ranges
/// below makes every process built on it stay silent (`ln E = 0`), never fire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margin {
    /// Factor on the baseline rate, positive and finite: 1.10 tolerates 10 % more, 0.9 (with a lower rate worse) 10 % less.
    pub ratio: f64,
    /// Distance in probability units towards the worse side, in `[0, 1)`: 0.02 is two percentage points. Zero selects the
    /// ratio form, anything above the absolute form.
    pub difference: f64,
}

impl Margin {
    /// Returns the margin `r1 = ratio · r0`.
    ///
    /// # Errors
    /// [`MarginError::Ratio`] unless `ratio` is finite and above zero.
    pub fn ratio(ratio: f64) -> Result<Self, MarginError> {
        if ratio.is_finite() && ratio > 0.0 {
            Ok(Self {
                ratio,
                difference: 0.0,
            })
        } else {
            Err(MarginError::Ratio { ratio })
        }
    }

    /// Returns the margin `r1 = r0 ± difference`, in probability units.
    ///
    /// # Errors
    /// [`MarginError::Difference`] unless `0 < difference < 1`.
    pub fn difference(difference: f64) -> Result<Self, MarginError> {
        if difference > 0.0 && difference < 1.0 {
            Ok(Self {
                ratio: 1.0,
                difference,
            })
        } else {
            Err(MarginError::Difference { difference })
        }
    }

    /// Whether this margin is absolute, in probability units, rather than a ratio.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        self.difference > 0.0
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.ratio.is_finite() && self.ratio > 0.0 && (0.0..1.0).contains(&self.difference)
    }
}

/// Why a margin was refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MarginError {
    /// The ratio is not a positive finite number.
    Ratio {
        /// The value given.
        ratio: f64,
    },
    /// The difference is not between 0 and 1.
    Difference {
        /// The value given.
        difference: f64,
    },
}

impl fmt::Display for MarginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio { ratio } => write!(
                f,
                "margin ratio {ratio} is not a positive number; write 1.1 for +10 %"
            ),
            Self::Difference { difference } => {
                write!(
                    f,
                    "margin difference {difference} is not between 0 and 1; write 0.02 for 2 percentage points"
                )
            }
        }
    }
}

impl core::error::Error for MarginError {}
