from runletters.settings import use_secrets
from tasks.secrets import secret

use_secrets(secret)
