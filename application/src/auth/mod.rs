//! Authentication: registration, sign-in and sessions.

mod attempt;
mod authenticate;
mod device;
mod grant;
mod live_sessions;
mod login;
mod logout;
mod me;
mod new_password;
mod new_tenant;
mod pending_registration;
mod refresh;
mod register;
mod seed;
mod select;
mod throttle;

pub(crate) use authenticate::load;
pub use authenticate::{Principal, authenticate};
pub use device::DeviceToken;
pub use grant::TokenPair;
pub use login::{Login, LoginResult, login};
pub use logout::logout;
pub use me::{Me, MembershipView, UpdateMe, me, update_me};
pub use pending_registration::RegisteredUser;
pub use refresh::refresh;
pub use register::{Register, register};
pub use seed::{SeedAdmin, seed_admin};
pub use select::Selection;
pub use throttle::{refund, throttle, throttle_refresh};
