//! What Django's management commands do, as flows: the command line asks and prints, this decides.

mod changepassword;
mod createsuperuser;
mod sendtestemail;
mod socialapp;

pub use changepassword::{change_password, find_user};
pub use createsuperuser::{NewSuperuser, create_superuser, superuser_faults};
pub use sendtestemail::send_test_mail;
pub use socialapp::{
    NewSocialapp, SocialappError, add_socialapp, check_provider, list_socialapps, remove_socialapp,
};
