{{ stage('co_consent') }}
